"""Work items: whose they are, and whether a record is somebody's own work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from hubao.desk.core.actor import Actor

SOON: Final = timedelta(days=1)  # house rule: an item left until the next day is asked about
LATE: Final = timedelta(days=3)  # then a colleague should have it


class Tie(StrEnum):
    """How a person stands to a work item about a record."""

    OWN = "own"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class WorkItem:
    """A work item as other rooms see it.

    Attributes:
        id: its id.
        kind: what sort of work, as "service".
        owner: who does it; None while nobody has taken it.
        team: unit it belongs to.
        opened_by: who opened it.
        opened_at: when.
        closed_at: when it ended, if it has.
        records: ids of the records that it is about.
    """

    id: str
    kind: str
    owner: str | None
    team: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None = None
    records: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ages:
    """How many items are open: all, those older than SOON but not LATE, those older than LATE."""

    all: int
    soon: int
    late: int


def is_theirs(item: WorkItem, actor: Actor) -> bool:
    """Tell whether an item is the person's or their team's."""
    return item.owner == actor.id or actor.unit == item.team


def tie(item: WorkItem, *, record: str, actor: Actor) -> Tie:
    """Say whether a record is the person's own work by this item.

    It is if the item is theirs, names the record, and somebody else opened it: whoever could give
    work to himself could look up anybody without limit.
    """
    mine = item.owner == actor.id and item.opened_by != actor.id
    return Tie.OWN if mine and record in item.records else Tie.OUTSIDE
