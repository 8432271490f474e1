"""Counts of several processes in one folder: each writes files of its own, the page adds them up.

Which files are whose, `metric_places` says. Where no folder is told, or it can't be written, a
process counts in its memory: counting never stands in the way of work.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Any, Final

from prometheus_client.mmap_dict import MmapedDict, mmap_key

from hubao.desk.core.metric_places import Place, take_place

_ROOM: Final = 1 << 19  # bytes of a file from its beginning
_lock: Final = threading.Lock()
_log = logging.getLogger(__name__)


class _Memory(dict[str, tuple[float, float]]):
    """Stands where a file can't be had."""

    def read_value(self, key: str) -> tuple[float, float]:
        return self.setdefault(key, (0.0, 0.0))

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        self[key] = value, timestamp


class _Process:
    """The files that this process counts in; none before it counts for the first time."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._id = 0
        self._place: Place | None = None
        self._files: dict[str, MmapedDict | _Memory] = {}

    def file(self, kind: str) -> MmapedDict | _Memory:
        """Give the file of a kind of metric."""
        if self._id != os.getpid():  # the first count, or the first since a fork
            self.take_place()
        if kind not in self._files:
            self._files[kind] = self._opened(kind)
        return self._files[kind]

    def take_place(self) -> None:
        """Take the first free place, for this process' life."""
        if self._place is not None:
            os.close(self._place.lock)  # what a fork brought along; its owner keeps the lock
        self._files, self._place = {}, None
        self._id = os.getpid()
        if self.folder is None:
            return
        try:
            self._place = take_place(self.folder)
        except OSError as error:
            _told_lost(error)

    def _opened(self, kind: str) -> MmapedDict | _Memory:
        if self.folder is None or self._place is None:
            return _Memory()
        path = self.folder / f"{kind}_{self._place.number}.db"
        try:
            _reserve(path)
            return MmapedDict(str(path))  # type: ignore[no-untyped-call]
        except OSError as error:
            _told_lost(error)
            return _Memory()


_process: Final = _Process()


class Value:
    """One number of a metric, as the metrics library asks for it."""

    _multiprocess = True

    def __init__(
        self,
        typ: str,
        metric_name: str,
        name: str,
        labelnames: Any,  # noqa: ANN401 - the library's own
        labelvalues: Any,  # noqa: ANN401
        help_text: str,
        multiprocess_mode: str = "",
        **_more: Any,  # noqa: ANN401
    ) -> None:
        self._kind = f"{typ}_{multiprocess_mode}" if typ == "gauge" else typ
        self._key = mmap_key(metric_name, name, labelnames, labelvalues, help_text)
        self.get()  # from now on it is there, if only as 0

    def inc(self, amount: float) -> None:
        """Add to it."""
        with _lock:
            file = _process.file(self._kind)
            file.write_value(self._key, file.read_value(self._key)[0] + amount, 0.0)

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Put another in its place."""
        with _lock:
            _process.file(self._kind).write_value(self._key, value, timestamp or 0.0)

    def get(self) -> float:
        """Give what this process counted."""
        with _lock:
            return float(_process.file(self._kind).read_value(self._key)[0])

    def set_exemplar(self, exemplar: object) -> None:
        """Keep no examples."""

    def get_exemplar(self) -> None:
        """Give none."""


def keep_in(folder: Path) -> None:
    """Count in files of a folder from now on; it is made when something is counted."""
    with _lock:
        _process.folder = folder


def begin() -> None:
    """Take a place now, also if this process counts nothing: while it runs, the desk does."""
    with _lock:
        _process.take_place()


def files() -> list[str] | None:
    """Give the files of all processes; None where this process counts in its memory."""
    with _lock:
        _process.file("counter")
        if _process.folder is None or isinstance(_process.file("counter"), _Memory):
            return None
        found = map(str, _process.folder.glob("*.db"))
        return sorted(path for path in found if os.access(path, os.R_OK))


def _reserve(path: Path) -> None:
    """Give a file its room: writing to a mapped file that a full disk has none for kills."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        os.posix_fallocate(handle, 0, _ROOM)
    finally:
        os.close(handle)


def _told_lost(error: OSError) -> None:
    facts = {"error": error.errno or 0}
    _log.warning("metrics are counted in memory only: their folder can't be written",
                 extra={"facts": facts})  # fmt: skip
