"""Files that outlast a power cut: written beside, synced, then given their name."""

import errno
import os
from pathlib import Path
from typing import Final

_OWNERS: Final = 0o600


def sync(path: Path) -> None:
    """Have a file, or a folder's names, on disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some shares know no such order for a folder
            raise
    finally:
        os.close(handle)


def make(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder, and those above it that are missing, to be there after a power cut too.

    Args:
        folder: may be there already; its name may then not be on disk yet.
        mode: its own; those above it have the usual one.
    """
    if not folder.parent.is_dir():
        make(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync(folder.parent)


def give_name(written: Path, path: Path) -> None:
    """Give a file its name, in the place of one that has it: always one of the two is there, whole.

    Args:
        written: the file, in the same folder or file system.
        path: the name.
    """
    sync(written)
    written.replace(path)
    sync(path.absolute().parent)


def write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, as `give_name` does."""
    written = path.with_name(f"{path.name}.new")
    written.touch(mode=_OWNERS)
    written.write_text(text, encoding="utf-8")
    give_name(written, path)
