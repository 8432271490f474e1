"""What a policyholder may do and how looks are told: decisions without a database."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

CODE_DIGITS: Final = 8
TRIES: Final = 5  # of a code
CODE_LASTS: Final = timedelta(minutes=10)
VISIT_LASTS: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)  # house rule: asks for codes, to look into on the next day
LOOKS_BACK_YEARS: Final = 3  # house rule: as long as the longest time that access logs are kept
LONGEST: Final = 2_000  # characters of what somebody writes
SHORTEST_ANSWER: Final = 10
ITEM_KIND: Final = "holder_report"


@dataclass(frozen=True)
class Limit:
    """How often something may be asked.

    Attributes:
        kind: what is counted, a word.
        most: times in a span.
        span: how long one lasts.
    """

    kind: str
    most: int
    span: timedelta


# Many phones share one address; whoever floods somebody with codes changes addresses.
ASKS_OF_ADDRESS: Final = Limit("ask.address", 30, timedelta(minutes=15))
ASKS_OF_NETWORK: Final = Limit("ask.network", 200, timedelta(minutes=15))
ASKS_OF_NUMBER: Final = (
    Limit("ask.number", 3, timedelta(minutes=30)),
    Limit("ask.number.day", 8, timedelta(days=1)),  # house rule: more is no policyholder
)
TRIES_OF_ADDRESS: Final = Limit("try.address", 60, timedelta(minutes=15))


class Sort(StrEnum):
    """What is reported."""

    LOOK = "look"
    CALL = "call"


class Finding(StrEnum):
    """What came out of a report."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
    NOT_US = "not_us"
    WAS_US = "was_us"
    UNCLEAR = "unclear"


FINDINGS: Final[Mapping[Sort, Sequence[Finding]]] = {
    Sort.LOOK: (Finding.JUSTIFIED, Finding.NOT_JUSTIFIED, Finding.UNCLEAR),
    Sort.CALL: (Finding.NOT_US, Finding.WAS_US, Finding.UNCLEAR),
}


class State(StrEnum):
    """Where a report stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Data(StrEnum):
    """A kind of data, as people speak of it."""

    CONTACT = "contact"
    IDENTITY = "identity"
    MONEY = "money"
    POLICY = "policy"


DATA_OF: Final[Mapping[str, Data]] = {
    "policy_number": Data.POLICY,
    "holder_name": Data.IDENTITY,
    "identity_number": Data.IDENTITY,
    "insured_name": Data.IDENTITY,
    "beneficiary": Data.IDENTITY,
    "phone": Data.CONTACT,
    "address": Data.CONTACT,
    "bank_account": Data.MONEY,
    "premium": Data.MONEY,
    "cash_value": Data.MONEY,
}


class Looker(StrEnum):
    """Who looked, without a name."""

    STAFF = "staff"
    PARTNER = "partner"
    SYSTEM = "system"
    HOLDER = "holder"


class How(StrEnum):
    """How something was looked at."""

    REVEALED = "revealed"
    OPENED = "opened"
    FOUND = "found"
    LISTED = "listed"
    EMERGENCY = "emergency"
    CODE = "code"
    VIEWED = "viewed"
    WRONG_CODE = "wrong_code"


# What of the ledger's actions is a look at somebody's data, or an attempt at one.
HOW: Final[Mapping[str, How]] = {
    "policy.reveal": How.REVEALED,
    "policy.open": How.OPENED,
    "policy.search": How.FOUND,
    "policy.list": How.LISTED,
    "policy.break_glass": How.EMERGENCY,
    "policyholder.code": How.CODE,
    "policyholder.viewed": How.VIEWED,
    "policyholder.entered": How.WRONG_CODE,
}
# One's own coming and going on this page, which is nobody's look.
OWN: Final = frozenset({How.CODE, How.VIEWED, How.WRONG_CODE})


@dataclass(frozen=True)
class Look:
    """A look at the data.

    Attributes:
        event: the ledger entry's id.
        actor: who looked; never shown, but two people's looks are two.
        at: when, in the reader's zone.
        looker: what sort of party looked.
        unit: name of where they worked, or of the partner; empty if that isn't known.
        how: in which way.
        refused: whether they were refused.
        purpose: the code of why, if said.
        data: which kinds.
    """

    event: str
    actor: str = field(repr=False)
    at: datetime
    looker: Looker
    unit: str
    how: How
    refused: bool
    purpose: str | None
    data: frozenset[Data]


@dataclass(frozen=True)
class Looks:
    """Looks of one hour that only differ in which data they were at.

    Attributes:
        last: the newest of them.
        data: all kinds that they were at.
        times: how many there were.
    """

    last: Look
    data: frozenset[Data]
    times: int


@dataclass(frozen=True)
class Month:
    """How often somebody looked in a month, and how often somebody was refused."""

    year: int
    month: int
    seen: int
    refused: int


def grouped(looks: Iterable[Look]) -> list[Looks]:
    """Put looks together that one person made in an hour, for one purpose and in one way.

    Newest first. Those of two people are never one, else who objects to it would reach one of them.
    """
    groups = dict[tuple[object, ...], list[Look]]()
    for one in looks:
        hour = one.at.replace(minute=0, second=0, microsecond=0)
        key = hour, one.actor, one.looker, one.unit, one.how, one.refused, one.purpose
        groups.setdefault(key, []).append(one)
    return [
        Looks(some[0], frozenset().union(*(one.data for one in some)), len(some))
        for some in groups.values()
    ]


def plain_lines(text: str) -> str:
    """Give what somebody wrote with line ends of one character, as browsers count them."""
    return text.replace("\r\n", "\n").strip()


def by_month(looks: Iterable[Look], *, until: datetime, least: int) -> list[Month]:
    """Count others' looks by month, without gaps.

    Args:
        looks: to count.
        until: the month that ends the row.
        least: months at least, however few looks there are.

    Returns:
        Months from the oldest to the newest.
    """
    others = [one for one in looks if one.how not in OWN]
    seen = Counter((one.at.year, one.at.month) for one in others if not one.refused)
    refused = Counter((one.at.year, one.at.month) for one in others if one.refused)
    last = until.year * 12 + until.month - 1
    first = min(
        [last - least + 1, *(year * 12 + month - 1 for year, month in (seen | refused))],
    )
    months = [(one // 12, one % 12 + 1) for one in range(first, last + 1)]
    return [Month(*one, seen[one], refused[one]) for one in months]


def years_before(at: datetime, years: int) -> datetime:
    """Give the same moment so many years earlier; of a leap day, the day before."""
    day = 28 if (at.month, at.day) == (2, 29) else at.day
    return at.replace(year=at.year - years, day=day)
