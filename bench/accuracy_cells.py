"""What the scoreboard draws: cells (a leak, a campaign, a way to trace), and each draw's seed.

A draw is one leak and its contacts in one world. Its seed derives from the world's, the cell and
the draw's number; a cell that is `like` another draws the same leaks, so that the two differ in
one thing only.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubao.world.model import Campaign
from hubao.world.scenarios import Scenario

ROUNDS = 8  # each cell's draws in a world are spread over these, so that half a run shows all cells
WAVE = 30.0
SINGLES = (
    Scenario.BULK_COPY,
    Scenario.LEAVER,
    Scenario.SLOW_DRIP,
    Scenario.PARTNER_EXPORT,
    Scenario.BULK_COPY,
    Scenario.LEAVER,
    Scenario.SLOW_DRIP,
    Scenario.DESK_ONLY,
)
CLEAN_SIZES = (20, 40, 80, 160, 640)
BELIEF_SIZES = (20, 40, 80, 160)
TEAM_SIZES = (100, 200, 400)
TIMES = (0.8, 1.0, 1.2, 1.5, 2.0)
RING_NOISES = (0.3, 0.6, 0.8)
STRENGTHS = (2.0, 4.0)
ABLATIONS = (
    "no strata",
    "no access counts",
    "no contact times",
    "no issue dates",
    "years in force",
    "every column",
)


@dataclass(frozen=True)
class Cell:
    """One cell of the board.

    Attributes:
        name: its name in the results file.
        scenarios: how the records get out; draws take turns.
        n: reported contacts; None where `times` says.
        noise: share of them that are cold calls.
        times: n as a multiple of what the draw's (hardest) source takes by the planning formula.
        wave, time_error, hidden, aligned: see `world.model.Campaign`.
        way: how it is traced, a key of `accuracy_tracing.WAYS`.
        draws: in each world.
        baselines: whether the other methods get the draw too.
        warns: whether the list of exposed policies is put to the next contacts.
        like: the cell whose seeds it takes; its own by default.
    """

    name: str
    scenarios: Sequence[Scenario]
    n: int | None
    noise: float
    times: float | None = None
    wave: float = WAVE
    time_error: float = 0.0
    hidden: float = 1.0
    aligned: bool = False
    way: str = "as shipped"
    draws: int = ROUNDS
    baselines: bool = False
    warns: bool = False
    like: str | None = None

    def campaign(self, n: int) -> Campaign:
        """Give the callers' habits, with n reported contacts."""
        return Campaign(
            reports=n,
            noise=self.noise,
            wave=self.wave,
            hidden=self.hidden,
            aligned=self.aligned,
            time_error=self.time_error,
        )


@dataclass(frozen=True)
class World:
    """Which world: same fields, same world."""

    family: str
    seed: int
    policies: int
    actors: int
    years: int


@dataclass(frozen=True)
class Draw:
    """One draw of one cell in one world."""

    world: World
    cell: Cell
    number: int

    @property
    def key(self) -> str:
        """Names it in the results file."""
        w = self.world
        return f"{w.family}/{w.policies}/{w.seed}/{self.cell.name}/{self.number}"

    @property
    def scenario(self) -> Scenario:
        """How the records get out in this draw; few draws a world start elsewhere in each."""
        ways = self.cell.scenarios
        return ways[(self.number + self.world.seed) % len(ways)]

    @property
    def seed(self) -> int:
        """Seed of the leak and of its contacts."""
        name = (self.world.family, self.world.seed, self.cell.like or self.cell.name, self.number)
        return int.from_bytes(hashlib.sha256(repr(name).encode()).digest()[:6], "big")


def every_cell() -> list[Cell]:
    """List all cells of the full board."""
    none, outside = (Scenario.NONE,), (Scenario.OUTSIDE,)
    cells = [
        Cell("t1", SINGLES, 40, 0.5, draws=6, baselines=True, warns=True),
        Cell("t1 even", SINGLES, 40, 0.5, wave=1.0, draws=2, baselines=True, like="t1"),
        Cell("t2", SINGLES, 80, 0.8, draws=4, baselines=True),
        Cell("t2 even", SINGLES, 80, 0.8, wave=1.0, draws=2, baselines=True, like="t2"),
        Cell("t5", SINGLES, 160, 0.8, draws=4, baselines=True),
        Cell("outside", outside, 160, 0.5, draws=4),
        Cell("scrape", (Scenario.SCRAPE,), 160, 0.5, draws=1),
        Cell("two leaks", (Scenario.TWO_LEAKS,), 200, 0.5, draws=1),
    ]
    cells += [
        Cell(f"{name} {days} days", SINGLES, n, noise, time_error=float(days), draws=1, like=name)
        for name, n, noise in (("t1", 40, 0.5), ("t2", 80, 0.8))
        for days in (7, 30)
    ]
    cells += [Cell(f"clean {n}", none, n, 1.0, baselines=True) for n in CLEAN_SIZES]
    cells += [Cell(f"belief {n}", SINGLES, n, 0.5, draws=2) for n in BELIEF_SIZES]
    for scenario in (Scenario.TEAM_50, Scenario.TEAM_90):
        cells += [
            Cell(f"{scenario} {n}", (scenario,), n, 0.5, draws=2, baselines=True)
            for n in TEAM_SIZES
        ]
    cells += [*_hidden(), *_minimum(), *_rings(), *_ablations()]
    return cells


def _hidden() -> Iterator[Cell]:
    for strength in STRENGTHS:
        for aligned in (False, True):
            name = f"clean G={strength:g}" + (" aligned" if aligned else "")
            yield Cell(name, (Scenario.NONE,), 160, 1.0, hidden=strength, aligned=aligned, draws=1)


def _minimum() -> Iterator[Cell]:
    """Victims against the theoretical minimum: the same leaks at every multiple."""
    for k in TIMES:
        for noise in (0.5, 0.8):
            like = f"t6 single {noise:.0%}"
            yield Cell(f"{like} x{k}", SINGLES, None, noise, times=k, draws=1, like=like)
        yield Cell(
            f"t6 ring x{k}", (Scenario.RING_EQUAL,), None, 0.3, times=k, draws=1, like="t6 ring"
        )


def _rings() -> Iterator[Cell]:
    for scenario in (Scenario.RING_EQUAL, Scenario.RING):
        for noise in RING_NOISES:
            name = f"{scenario} 400 {noise:.0%}"
            yield Cell(name, (scenario,), 400, noise, draws=2, baselines=True)
        yield Cell(f"{scenario} 800", (scenario,), 800, 0.6, draws=1)


def _ablations() -> Iterator[Cell]:
    for way in ABLATIONS:
        yield Cell(f"t2, {way}", SINGLES, 80, 0.8, way=way, draws=1, like="t2")
        yield Cell(
            f"clean 160, {way}", (Scenario.NONE,), 160, 1.0, way=way, draws=1, like="clean 160"
        )
    for way in ("no issue dates", "years in force", "every column"):
        name = f"clean 640, {way}"
        yield Cell(name, (Scenario.NONE,), 640, 1.0, way=way, draws=1, like="clean 640")


def quick_cells() -> list[Cell]:
    """List what fits into a minute."""
    none = (Scenario.NONE,)
    return [
        Cell("t1", SINGLES, 40, 0.5, draws=4, baselines=True, warns=True),
        Cell("t2", SINGLES, 80, 0.8, draws=3, baselines=True),
        Cell("clean 40", none, 40, 1.0, draws=2, baselines=True),
        Cell("clean 160", none, 160, 1.0, draws=2, baselines=True),
        Cell("team-90 100", (Scenario.TEAM_90,), 100, 0.5, draws=1, baselines=True),
        Cell("ring-equal 400 30%", (Scenario.RING_EQUAL,), 400, 0.3, draws=1, baselines=True),
        Cell("outside", (Scenario.OUTSIDE,), 160, 0.5, draws=1),
    ]


def draws_of(cells: Sequence[Cell], worlds: Sequence[World]) -> Iterator[Draw]:
    """Give every draw: round by round, in a round world by world."""
    for turn in range(ROUNDS):
        for world in worlds:
            for cell in cells:
                for number in range(cell.draws):
                    if number * ROUNDS // max(cell.draws, ROUNDS) == turn:
                        yield Draw(world, cell, number)
