"""The keyset's file, read again whenever it changes: a rotation reaches every running process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from hubao.desk.core.durably import sync, write
from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields
from hubao.seal.keyset import KeyEncryption, Keyset


class NoKeyset(BadInput):
    """The keyset's file isn't there or can't be read."""

    code = "core.no_keyset"


@dataclass
class KeysetFile:
    """A keyset and the key that opens it.

    Attributes:
        path: the file.
        by: the key-encryption key.
    """

    path: Path
    by: KeyEncryption
    _lock: Lock = field(default_factory=Lock, repr=False)
    _read: tuple[int, Keyset, Fields] | None = field(default=None, repr=False)

    def keyset(self) -> Keyset:
        """Give the keys as the file has them now.

        Raises:
            NoKeyset: there is no such file.
            BadKey: it isn't opened by this key.
        """
        return self._now()[1]

    def fields(self) -> Fields:
        """Give what encrypts with them; raises as `keyset` does."""
        return self._now()[2]

    def text(self) -> str:
        """Give the file as it is, the keys in it encrypted.

        Raises:
            NoKeyset: there is no such file.
        """
        with self._reading():
            return self.path.read_text(encoding="utf-8")

    def write(self, keyset: Keyset) -> None:
        """Put other keys in their place, whole or not at all."""
        write(self.path, keyset.sealed(self.by))

    def put(self, text: str, *, stamp: str) -> None:
        """Put another desk's file in place; what was there is kept, with a stamp in its name."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.text() != text:
            self.path.with_name(f"{self.path.name}.replaced-{stamp}").hardlink_to(self.path)
            sync(self.path.absolute().parent)  # before its own name goes
        write(self.path, text)

    def _now(self) -> tuple[int, Keyset, Fields]:
        with self._reading():
            changed = self.path.stat().st_mtime_ns
            with self._lock:
                if self._read is None or self._read[0] != changed:
                    keyset = Keyset.opened(self.path.read_text(encoding="utf-8"), self.by)
                    self._read = changed, keyset, Fields(keyset)
                return self._read

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NoKeyset(
                f"The keyset {self.path} can't be read ({error.strerror}):"
                " make one with hubao desk init, or say where it is with HUBAO_KEYSET."
            ) from None
