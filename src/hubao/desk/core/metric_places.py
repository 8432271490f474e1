"""Places in a folder, one for each process that counts.

A place is a number whose lock a process holds until it ends, however it ends. The next one takes
the place over, files and all, and counts on in them. So nothing counted is lost with a process, and
there are never more files than processes at a time. Whoever comes when nobody else is there empties
the folder: the desk begins anew.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

MOST: Final = 512  # processes at a time
_GATE: Final = "gate.lock"


class Place(NamedTuple):
    """A place: its number, and the open file whose lock holds it."""

    number: int
    lock: int


def take_place(folder: Path) -> Place | None:
    """Take the first free place, for this process' life; None if there are MOST already.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _gate(folder):
        place = _first_free(folder)
        if place is not None:
            _begin_anew(place, folder)
    return place


def _begin_anew(place: Place, folder: Path) -> None:
    """Empty the folder if nobody else is there."""
    try:
        if _is_alone(place, folder):
            for old in folder.glob("*.db"):
                old.unlink()
    except OSError:
        os.close(place.lock)
        raise


def _first_free(folder: Path) -> Place | None:
    for number in range(MOST):
        held = _locked(folder / f"{number}.lock")
        if held is not None:
            return Place(number, held)
    return None


def _is_alone(place: Place, folder: Path) -> bool:
    others = {path.name for path in folder.glob("*.lock")} - {_GATE, f"{place.number}.lock"}
    for name in others:
        held = _locked(folder / name)
        if held is None:
            return False
        os.close(held)
    return True


@contextmanager
def _gate(folder: Path) -> Iterator[None]:
    """Let one process at a time choose its place."""
    with (folder / _GATE).open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _locked(path: Path) -> int | None:
    """Lock a file for as long as it stays open; None if another process, or user, has it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
