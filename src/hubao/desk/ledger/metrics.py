"""What the ledger tells those who watch over the desk."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hubao.desk.core.metrics import Kind, Read, reading
from hubao.desk.ledger.health import uncovered, waiting
from hubao.desk.ledger.queries import standing

APPENDED: Final = reading(
    "hubao_ledger_appended_total", "Entries ever appended to the ledger.",
    kind=Kind.COUNTER,
)  # fmt: skip
SIZE: Final = reading("hubao_ledger_size", "Entries that have a place in the ledger's tree.")
PENDING: Final = reading(
    "hubao_ledger_pending", "Entries that have no place in the ledger's tree yet."
)
LAG: Final = reading(
    "hubao_ledger_lag_seconds", "Age of the oldest entry without a place; 0 if there is none."
)
UNCOVERED: Final = reading(
    "hubao_ledger_uncovered_seconds",
    "Age of the oldest entry that no head published outside covers; 0 if there is none.",
)
UNSIGNED: Final = reading(
    "hubao_ledger_unsigned", "Entries in the tree that came after the head signed last."
)
HEAD_AGE: Final = reading(
    "hubao_ledger_head_age_seconds",
    "Since a head of the ledger was signed; missing if none ever was.",
)


def read_ledger(at: datetime) -> Iterator[Read]:
    """Tell how the ledger is."""
    now = standing()
    yield Read(APPENDED, now.entries + now.pending)
    yield Read(SIZE, now.entries)
    yield Read(PENDING, now.pending)
    yield Read(LAG, waiting(now, at=at).total_seconds())
    yield Read(UNCOVERED, uncovered(now, at=at).total_seconds())
    yield Read(UNSIGNED, now.entries - now.signed)
    if now.signed_at is not None:
        yield Read(HEAD_AGE, (at - now.signed_at).total_seconds())
