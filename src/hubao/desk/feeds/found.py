"""Which of a source's files are new: unlike any that was looked at before, by size and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubao.desk.feeds.places import Places, dropped, stat
from hubao.desk.feeds.rules import LONGEST_PATH, Terms, Way
from hubao.kit.errors import BadInput

Stamp = tuple[int, int]  # size and time of the last change, in ns


@dataclass(frozen=True)
class Found:
    """A file as it was when it was found.

    Attributes:
        path: of it.
        size: bytes.
        changed: when it was last changed, in ns.
        rested: whether it hasn't changed since it was looked at before.
    """

    path: Path
    size: int
    changed: int
    rested: bool = False

    @property
    def stamp(self) -> Stamp:
        """What tells whether it has changed since."""
        return self.size, self.changed

    def is_as_found(self) -> bool:
        """Tell whether it hasn't changed since it was found."""
        now = stat(self.path)
        return (now.st_size, now.st_mtime_ns) == self.stamp

    @property
    def moment(self) -> datetime:
        """When it was last changed."""
        return datetime.fromtimestamp(self.changed / 1e9, UTC)


def listed(name: str, terms: Terms, places: Places) -> Sequence[Path]:
    """Give what lies in a source's place.

    Raises:
        BadInput: there is no such place.
    """
    place = Path(terms.place)
    match terms.kind:
        case Way.PUSH:
            return sorted(places.waiting(name).glob("*.parquet"))
        case Way.FOLDER if place.is_dir():
            return dropped(place)
        case Way.FILE if place.is_file():
            return [place]
    raise BadInput(
        f"There is no {terms.kind} {place}: make it, or say where it is with"
        f" hubao lake source change {name} --place."
    )


def check_place(path: Path, terms: Terms) -> None:
    """Refuse a file that isn't where it seems to be.

    Raises:
        BadInput: it is a link that leads out of the source's folder.
    """
    if terms.kind is Way.FOLDER and not path.resolve().is_relative_to(Path(terms.place).resolve()):
        raise BadInput(f"{path} is a link out of its folder: put the file itself there.")


def named(files: Sequence[Path]) -> Sequence[Path]:
    """Give files that were named, once it is clear that they are there.

    Raises:
        BadInput: one isn't, or its path is too long to be noted.
    """
    missing = next((one for one in files if not one.is_file()), None)
    if missing is not None:
        raise BadInput(f"There is no file {missing}: check the path.")
    long = next((one for one in files if len(str(one)) > LONGEST_PATH), None)
    if long is not None:
        raise BadInput(f"{long} is longer than {LONGEST_PATH} characters: put it elsewhere.")
    return files


def new(
    paths: Sequence[Path],
    known: Mapping[str, Stamp],
    *,
    at: datetime,
    quiet: timedelta = timedelta(0),
) -> Iterator[Found]:
    """Give the files that weren't looked at yet, or have changed since.

    Args:
        paths: to look at.
        known: stamps of those that were, by path.
        at: now.
        quiet: how long a file must not have changed: until then it may still be written. A file
            server's clock may be ahead by as much.
    """
    for path in paths:
        try:
            now = stat(path)
        except FileNotFoundError:  # taken away meanwhile
            continue
        before = known.get(str(path))
        rested = before is not None and before[1] == now.st_mtime_ns
        found = Found(path, now.st_size, now.st_mtime_ns, rested)
        if before != found.stamp and abs(at - found.moment) >= quiet:
            yield found
