"""A simulated insurer as arrays: where it is, who works there, what it insures and for whom.

Days count from the world's first day, seconds from that day's midnight, both in local time
(Asia/Shanghai, UTC+8 all year); money is in fen. Everything is drawn from the seed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY = 86_400
HOUR = 3_600
NEVER = 1 << 40  # a day, or a second, that does not come
NOBODY = -1  # no actor, no unit, no batch, no ticket


class Role(IntEnum):
    """What an actor does."""

    AGENT = 0
    TEAM_LEADER = 1
    BRANCH_MANAGER = 2
    BACK_OFFICE = 3
    CALL_CENTRE = 4
    CALL_SUPERVISOR = 5
    CLAIMS = 6
    AUDITOR = 7
    BANK = 8
    BROKER = 9
    MARKETING = 10
    TPA = 11
    SYSTEM = 12
    JOB = 13


PARTNERS = (Role.BANK, Role.BROKER, Role.MARKETING, Role.TPA)
MACHINES = (Role.SYSTEM, Role.JOB)
HEAD_OFFICE = (Role.CALL_CENTRE, Role.CALL_SUPERVISOR, Role.AUDITOR, *PARTNERS, *MACHINES)


class Product(IntEnum):
    """What is insured."""

    TERM = 0
    ENDOWMENT = 1
    UNIVERSAL = 2
    UNIT_LINKED = 3
    ANNUITY = 4


class Channel(IntEnum):
    """Through whom it was sold."""

    AGENT = 0
    BANK = 1
    BROKER = 2
    TELEPHONE = 3


class Action(IntEnum):
    """What was done with a record (the lake's words, in lower case)."""

    VIEW = 0
    SEARCH = 1
    EDIT = 2
    PRINT = 3
    EXPORT = 4
    SHARE = 5
    API = 6
    DENIED = 7


class Cause(IntEnum):
    """Why a record was opened; UNEXPLAINED has neither a purpose nor a ticket in the log."""

    SERVICE = 0
    REMINDER = 1
    CLAIM = 2
    RENEWAL = 3
    CAMPAIGN = 4
    AUDIT = 5
    SUPERVISION = 6
    HANDOVER = 7
    FEED = 8
    UNEXPLAINED = 9


class Fields(IntEnum):
    """Which field classes were shown; C3 is the most sensitive (JR/T 0171-2020)."""

    C1 = 0
    C1_C2 = 1
    C1_C2_C3 = 2


FIELD_SETS: Sequence[Sequence[str]] = (("C1",), ("C1", "C2"), ("C1", "C2", "C3"))
AGE_BANDS = ("18-39", "40-49", "50-59", "60+")


@dataclass(frozen=True)
class Family:
    """What kind of insurer it is; shares sum to 1, rates are per policy and year.

    Attributes:
        name: what the family is called.
        regions, branches, team_size: regions, branches a region, people in a sales team.
        roles: share of the actors in each role, by `Role`.
        channels: share of the policies sold through each channel, by `Channel`.
        products: share of the policies of each product, by `Product`.
        portfolio_sigma: spread (sigma of a log-normal) of agents' portfolios.
        frailty_shape: shape of the gamma that makes some policies busy; smaller = heavier tail.
        rates: by `Cause`: cases a policy and year (SERVICE, CLAIM, RENEWAL), records a policy
            and year (CAMPAIGN, AUDIT, SUPERVISION), share of the premiums due (REMINDER) and of
            the records handed over (HANDOVER) that are looked at, machines' sweeps of the whole
            book a year (FEED); UNEXPLAINED goes by `unexplained`.
        unexplained: share of all accesses that honest people can't explain.
        agents_leave, office_leave: share that leaves in a year.
    """

    name: str = "agency"
    regions: int = 6
    branches: int = 4
    team_size: int = 10
    roles: Sequence[float] = (
        0.62, 0.06, 0.0, 0.10, 0.10, 0.01, 0.05, 0.01, 0.015, 0.01, 0.01, 0.005, 0.005, 0.005,
    )  # fmt: skip
    channels: Sequence[float] = (0.62, 0.25, 0.05, 0.08)
    products: Sequence[float] = (0.18, 0.34, 0.20, 0.05, 0.23)
    portfolio_sigma: float = 0.9
    frailty_shape: float = 0.8
    rates: Sequence[float] = (1.0, 1.0, 0.1, 0.5, 0.8, 0.02, 0.15, 0.8, 1.0, 0.0)
    unexplained: float = 0.01
    agents_leave: float = 0.45
    office_leave: float = 0.18


@dataclass(frozen=True)
class Scale:
    """How large a world is.

    Attributes:
        policies: at least 200.
        years: at least 1; whole years of access.
        seed: everything is drawn from it.
        actors: how many there are over all the years; None for one in 40 policies, 60 at least.
        start: the first day.
    """

    policies: int = 20_000
    years: int = 3
    seed: int = 7
    actors: int | None = None
    start: date = date(2023, 1, 1)


@dataclass(frozen=True)
class Units:
    """Regions hold branches, branches hold sales teams.

    Attributes:
        branch_region: int (b,). team_branch: int (t,).
        regions, branches, teams: their names, made up; no place in China is called so.
    """

    branch_region: Ints
    team_branch: Ints
    regions: Sequence[str]
    branches: Sequence[str]
    teams: Sequence[str]


@dataclass(frozen=True)
class Staff:
    """m actors: people, partners, systems and jobs.

    Attributes:
        role: int (m,), `Role`.
        branch, team: int (m,); NOBODY at head office. `team` is the one the actor starts in.
        hired, notice, left: int (m,), days; hired may be before the first day; notice and left
            are NEVER for those who stay.
        moved, moved_to: int (m,); day of a transfer to another team (`moved_to`), or NEVER.
    """

    role: Ints
    branch: Ints
    team: Ints
    hired: Ints
    notice: Ints
    left: Ints
    moved: Ints
    moved_to: Ints

    def of(self, *roles: Role) -> Ints:
        """The actors in these roles, ascending."""
        return np.flatnonzero(np.isin(self.role, roles))

    def working(self, day: int) -> Bools:
        """bool (m,): employed on that day."""
        return (self.hired <= day) & (day < self.left)

    def team_on(self, day: int) -> Ints:
        """int (m,): each actor's team on that day."""
        return np.where(self.moved <= day, self.moved_to, self.team)


@dataclass(frozen=True)
class Customers:
    """c policyholders; a household shares an address and often a caller's attention.

    Attributes:
        sex: int (c,), 0 female, 1 male. born: datetime64[D] (c,).
        household: int (c,). branch: int (c,), where they live.
    """

    sex: Ints
    born: NDArray[np.datetime64]
    household: Ints
    branch: Ints


@dataclass(frozen=True)
class Book:
    """N policies.

    Attributes:
        customer: int (N,). branch: int (N,), the one that keeps it. product, channel: int (N,).
        age_band: int (N,), of the policyholder on the first day, index into AGE_BANDS.
        issued: int (N,), day; negative before the first day, later for new business.
        agent: int (N,), who sold or serves it when the world begins (or when it is issued);
            NOBODY where a bank, a broker or the telephone sold it.
        premium: int (N,), fen a year. cash_value: int (N,), fen on the world's last day.
        busy: float (N,), how often it is handled against the mean of 1; heavy-tailed.
    """

    customer: Ints
    branch: Ints
    product: Ints
    channel: Ints
    age_band: Ints
    issued: Ints
    agent: Ints
    premium: Ints
    cash_value: Ints
    busy: Floats


@dataclass(frozen=True)
class World:
    """The insurer before anybody opens a record."""

    scale: Scale
    family: Family
    units: Units
    staff: Staff
    customers: Customers
    book: Book

    @property
    def days(self) -> int:
        """Days of access, from the first day on."""
        last = self.scale.start.replace(year=self.scale.start.year + self.scale.years)
        return (last - self.scale.start).days


@dataclass(frozen=True)
class Events:
    """e access events, column by column.

    Attributes:
        at: int (e,), seconds. actor, policy: int (e,).
        action, cause, fields: int8 (e,); see the enums.
        ticket, batch: int (e,); NOBODY = none. Tickets and batches are numbered over all years.
    """

    at: Ints
    actor: Ints
    policy: Ints
    action: NDArray[np.int8]
    cause: NDArray[np.int8]
    fields: NDArray[np.int8]
    ticket: Ints
    batch: Ints

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class Copy:
    """One copy of records that got out.

    Attributes:
        actor: who took it; NOBODY for a source that is in no log.
        policies: int (r,), ascending and distinct.
        first, last: seconds; when the copying began and ended.
        share: this copy's share of the contacts that come from leaks; shares sum to 1.
    """

    actor: int
    policies: Ints
    first: int
    last: int
    share: float


@dataclass(frozen=True)
class Leak:
    """What got out, and the accesses (of sources and of innocents) that the scenario adds."""

    scenario: str
    copies: Sequence[Copy]
    events: Events


@dataclass(frozen=True)
class Contacts:
    """Scam contacts, in order of `contacted`.

    Attributes:
        policy: int (k,). contacted: int (k,), seconds, when it truly was.
        stated: int (k,), seconds, when the policyholder says it was.
        reported: int (k,), seconds; NEVER where it was never reported.
        origin: int (k,), index into `Leak.copies`; NOBODY for a cold call.
        medium: int8 (k,), index into MEDIA. quoted: int8 (k,), `Fields`, or NOBODY if nothing.
        lost: int (k,), fen the policyholder lost; 0 for most.
        mistaken: bool (k,); reported, but no scam contact at all (a wrong report).
        wave: the region of the wave of cold calls; NOBODY without one.
        hidden: strength of the hidden targeting; 1 = none.
        favoured: the innocent whose records hidden targeting favours; NOBODY without.
    """

    policy: Ints
    contacted: Ints
    stated: Ints
    reported: Ints
    origin: Ints
    medium: NDArray[np.int8]
    quoted: NDArray[np.int8]
    lost: Ints
    mistaken: Bools
    wave: int = NOBODY
    hidden: float = 1.0
    favoured: int = NOBODY


MEDIA = ("phone", "sms", "letter")


@dataclass(frozen=True)
class Campaign:
    """How the callers work.

    Attributes:
        reports: contacts that reach the insurer.
        noise: share of them that are cold calls, in [0, 1].
        wave: how much likelier a cold call is in one region; 1 = even.
        ages, products: how much likelier a contact is by age band and product; cold calls too.
        hidden: strength G of targeting by something that no table holds (see `scam.py`).
        aligned: the worst case, where that something is having been seen by one innocent.
        time_error: days (sigma) by which stated contact times are off.
        wrong: share of the reports that are no contact at all.
        weeks: mean weeks from the copy to a contact.
        price: fen the callers pay for a record.
    """

    reports: int = 60
    noise: float = 0.5
    wave: float = 30.0
    ages: Sequence[float] = (1.0, 1.5, 2.5, 5.0)
    products: Sequence[float] = (1.0, 1.5, 3.0, 1.0, 1.5)
    hidden: float = 1.0
    aligned: bool = False
    time_error: float = 0.0
    wrong: float = 0.0
    weeks: float = 10.0
    price: int = 5


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Give the generator that belongs to a name, whatever was drawn before it elsewhere."""
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


EMPTY = Events(
    *(np.zeros(0, dtype=kind) for kind in ("i8", "i8", "i8", "i1", "i1", "i1", "i8", "i8"))
)
