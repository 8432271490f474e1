"""Files that a command writes: checked before the work, written whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from hubao.kit.errors import HubaoError


class CannotWrite(HubaoError):  # noqa: N818 - names say what happened, not that it is an error
    """A file that hubao was asked to write can't be written there."""

    code: ClassVar[str] = "output.cannot_write"


def check_writable(outputs: Sequence[Path], *, inputs: Iterable[Path]) -> None:
    """Refuse, before any work is done, outputs that can't be written or would destroy an input.

    Raises:
        CannotWrite: a folder is missing or read-only, the path is a folder or an input, or two
            outputs are one file.
    """
    kept = {path.resolve() for path in inputs}
    for at, path in enumerate(outputs):
        folder = path.parent
        if not folder.is_dir():
            raise CannotWrite(f"{path}: there is no folder {folder}; make it first.")
        if path.is_dir():
            raise CannotWrite(f"{path} is a folder; give the name of a file in it.")
        if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise CannotWrite(f"{path} may not be written by you; give another place.")
        if path.resolve() in kept:
            raise CannotWrite(f"{path} is also read, and would be lost; give another name.")
        if path.resolve() in {earlier.resolve() for earlier in outputs[:at]}:
            raise CannotWrite(f"{path} is given for two outputs; give each its own name.")


@contextmanager
def written_whole(path: Path, *, mode: int | None = None, over: bool = True) -> Iterator[Path]:
    """Give a new file beside `path` to write to; it takes its name only when all went well.

    Args:
        path: the name.
        mode: who may read and write it; by default as the process's umask says.
        over: whether it may take the place of a file that is there.

    Raises:
        CannotWrite: the disk is full, the folder can't be written, or a file is there already.
    """
    if not over and path.exists():
        raise _is_there(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise CannotWrite(f"{path} can't be written: {error.strerror}.") from error
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o666 & ~_umask() if mode is None else mode)
        _take_name(beside, path, over=over)
    except OSError as error:
        raise CannotWrite(f"{path} can't be written: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)


def _take_name(beside: Path, path: Path, *, over: bool) -> None:
    if not over:
        try:
            path.hardlink_to(beside)  # unlike a rename, this fails if somebody was faster
        except FileExistsError:
            raise _is_there(path) from None
        except OSError:  # a file system without such links
            if path.exists():
                raise _is_there(path) from None
        else:
            return
    beside.replace(path)


def _is_there(path: Path) -> CannotWrite:
    return CannotWrite(f"{path} is there already: give another name, or --force to replace it.")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a new file that becomes `path` only when all went well."""
    with written_whole(path) as beside:
        write(beside)


def rejects_beside(*, written: Sequence[Path], read: Path) -> Path:
    """Name the rejects file: by the first output, else by the first thing read, in this folder."""
    if written:
        return written[0].with_name(f"{written[0].stem}.rejects.csv")
    name = read.name.split(".")[0]
    return Path(f"{name if name and not set(name) & set('*?[') else 'access'}.rejects.csv")


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
