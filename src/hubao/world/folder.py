"""A folder that is there whole or not at all."""

import fcntl
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from hubao.kit.errors import BadInput

UNFINISHED = ".hubao-unfinished"  # says that a folder is half written; who writes it, locks it


@contextmanager
def whole_folder(folder: Path, *, names: Collection[str], force: bool) -> Iterator[Path]:
    """Give a folder beside `folder`, named with .part, that takes its place when all went well.

    When something goes wrong the .part folder is removed; a killed run leaves it, and the next
    run clears it away.

    Args:
        folder: made with its parents; nothing is in it, unless `force`.
        names: what may be in it, so that force never deletes what hubao did not write.
        force: replace what is in the folder.

    Raises:
        BadInput: the folder can't be used; nothing was changed then.
        OSError: it can't be written.
    """
    final = folder.resolve()
    part = final.with_name(f"{final.name}.part")
    _check(folder, final, names=names, force=force)
    _check_part(part)
    part.mkdir(parents=True, exist_ok=True)
    with (part / UNFINISHED).open("w") as mark:
        _hold(mark.fileno(), part)
        _clear(part)
        try:
            yield part
            (part / UNFINISHED).unlink()
            _replace(final, part)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _check(given: Path, final: Path, *, names: Collection[str], force: bool) -> None:
    if final.exists() and not final.is_dir():
        raise BadInput(f"{given} is a file: give the name of a folder.")
    if final == Path.cwd() or final in Path.cwd().parents:
        raise BadInput(f"{given} is the folder you are in: give a folder of its own in it.")
    found = sorted(path.name for path in final.iterdir()) if final.exists() else []
    foreign = [name for name in found if name not in names]
    if found and not force:
        raise BadInput(
            f"The folder {given} is not empty: give another, or --force to replace a world in it."
        )
    if foreign:
        raise BadInput(
            f"The folder {given} holds {foreign[0]!r}, which is no part of a world, so --force "
            "won't delete it: give another folder."
        )


def _check_part(part: Path) -> None:
    """What a killed run left may be cleared away, anything else may not."""
    if part.is_symlink() or (part.exists() and not part.is_dir()):
        raise BadInput(f"{part} is in the way: remove it.")
    if part.exists() and any(part.iterdir()) and not (part / UNFINISHED).exists():
        raise BadInput(f"{part} is in the way and is no half-written world: remove it.")


def _hold(mark: int, part: Path) -> None:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInput(
            f"Another run is writing to {part}: wait for it, or give another folder."
        ) from None


def _clear(part: Path) -> None:
    for path in part.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != UNFINISHED:
            path.unlink()


def _replace(final: Path, part: Path) -> None:
    """Put the new folder in place of the old one, which goes aside first: neither is ever half."""
    if not final.exists():
        part.rename(final)
        return
    with tempfile.TemporaryDirectory(prefix=f".{final.name}.", dir=final.parent) as aside:
        final.rename(Path(aside) / "old")
        part.rename(final)
