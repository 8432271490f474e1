"""Which of a source's files are new: unlike any that was looked at before, by size and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubao.desk.feeds.places import Places, dropped
from hubao.desk.feeds.rules import Terms, Way
from hubao.kit.errors import BadInput

Stamp = tuple[int, int]  # size and time of the last change, in ns


@dataclass(frozen=True)
class Found:
    """A file as it was when it was found."""

    path: Path
    size: int
    changed: int

    @property
    def stamp(self) -> Stamp:
        """What tells whether it has changed since."""
        return self.size, self.changed

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


def named(files: Sequence[Path]) -> Sequence[Path]:
    """Give files that were named, once it is clear that they are there.

    Raises:
        BadInput: one isn't.
    """
    missing = next((one for one in files if not one.is_file()), None)
    if missing is not None:
        raise BadInput(f"There is no file {missing}: check the path.")
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
        quiet: how long a file must not have changed: until then it may still be written.
    """
    for path in paths:
        try:
            now = path.stat()
        except FileNotFoundError:  # taken away meanwhile
            continue
        found = Found(path, now.st_size, now.st_mtime_ns)
        being_written = timedelta(0) <= at - found.moment < quiet
        if known.get(str(path)) != found.stamp and not being_written:
            yield found
