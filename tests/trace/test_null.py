"""With no leak, the e-value's mean is at most 1: by enumeration in small, by simulation in large.

Null: within its stratum every record not reported yet is equally likely to be called. Contact
times differ from victim to victim, and afterwards an actor opens the file to handle the complaint.
Callers quote what they knew in some of the calls. Three mistakes are made on purpose, to show that
the same check would find them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hubao.trace.assemble import Counts
from hubao.trace.evidence import BETAS, log_e_values
from tests.makers.logs import DAY, ORIGIN, Floats, Ints
from tests.makers.plain_log import PlainLog, reduced

if TYPE_CHECKING:
    import pyarrow as pa

    from hubao.trace.arrivals import Fields

HANDLER = 0
NEVER = np.inf
TOLERANCE = 1e-9
SMALL_BETA = np.array([1.0])  # large ones make the mean rest on draws too rare to simulate


@dataclass(frozen=True)
class Setting:
    """A log, and calls whose strata, contact and report times are fixed; the records are drawn.

    Attributes:
        at: float (m, N); when each actor first opened each record, days; infinity = never.
        stratum: int (N,).
        called: stratum of each call.
        contacted, reported: days.
        quoted: what the caller of each call quoted; empty = nothing in any.
        lists_c2: float (m, N); as `at`, of accesses that may have shown C2; empty = none did.
        cut_log: False = the mistake of counting accesses after the contact too.
        strata: False = the mistake of comparing within everything.
        issued: float (N,); days; empty = long ago. Before, nobody opens it or calls about it.
        dates: False = the mistake of comparing with records that were not there yet.
        both_sides: False = the mistake of asking what was shown of all records but the victims'.
    """

    at: Floats
    stratum: Ints
    called: Sequence[int]
    contacted: Sequence[float]
    reported: Sequence[float]
    quoted: Sequence[str | None] = ()
    lists_c2: Floats = field(default_factory=lambda: np.full((0, 0), NEVER))
    cut_log: bool = True
    issued: Floats = field(default_factory=lambda: np.zeros(0))
    dates: bool = True
    strata: bool = True
    both_sides: bool = True

    def e_values(self, victims: Sequence[int], betas: Floats = BETAS) -> Floats:
        """float (m,): every actor's e-value."""
        at = self._with_handling(self.at, victims)
        told: dict[Fields, Floats] = (
            {("c2",): self._with_handling(self.lists_c2, victims)} if self.quoted else {}
        )
        # A record that everybody saw, alone in its stratum, comes first: it says nothing (factor
        # 1), but makes actors that saw no victim count in the mean too.
        shown = at.shape[1] - 1
        of = self.stratum if self.strata else np.zeros_like(self.stratum)
        plain = PlainLog if self.both_sides else OneSided
        issued = np.append(self.issued * DAY + ORIGIN, 0.0) if len(self.issued) else self.issued
        log = plain(at, np.append(of, of.max() + 1), told, issued if self.dates else np.zeros(0))
        cuts = self.contacted if self.cut_log else [9_999.0] * len(victims)
        small = reduced(
            log,
            [shown, *victims],
            [day * DAY for day in (0.0, *cuts)],
            [day * DAY for day in (0.0, *self.reported)],
            [None, *self.quoted] if self.quoted else None,
        )
        assert len(small.actors) == len(self.at)
        return np.exp(log_e_values(small, betas))

    def _with_handling(self, days: Floats, victims: Sequence[int]) -> Floats:
        """Seconds; a record more that everybody saw; the handler's accesses, of unknown fields."""
        at = np.column_stack([days, np.full(len(days), -9.0)])
        for victim, contact in zip(victims, self.contacted, strict=True):
            at[HANDLER, victim] = min(at[HANDLER, victim], contact + 0.1)
        return np.asarray(np.floor(at * DAY) + ORIGIN)

    def every_draw(self) -> Iterator[tuple[float, list[int]]]:
        """All ways the calls could fall, each with its chance."""
        yield from self._from(1.0, [])

    def _from(self, chance: float, victims: list[int]) -> Iterator[tuple[float, list[int]]]:
        if len(victims) == len(self.called):
            yield chance, victims
            return
        there = self.stratum == self.called[len(victims)]
        if len(self.issued):
            there &= self.issued < self.contacted[len(victims)]
        own = np.flatnonzero(there).tolist()
        left = [one for one in own if one not in victims]
        for one in left:
            yield from self._from(chance / len(left), [*victims, one])

    def mean_e_values(self) -> Floats:
        """float (m,): the exact mean over all draws."""
        return np.asarray(sum(chance * self.e_values(drawn) for chance, drawn in self.every_draw()))


class OneSided(PlainLog):
    """Forgets what the callers quoted where it looks at who had seen the victims."""

    def touches(self) -> "pa.Table":
        self._firsts = [self.at] * len(self._firsts)
        return super().touches()

    def seen(self, counts: Counts) -> tuple["pa.Table", "pa.Table"]:
        self._firsts = [self.at, *self.shown.values()][: len(self._firsts)]
        return super().seen(counts)


def setting(
    reported: Sequence[float],
    **changes: Any,  # noqa: ANN401 - any mistake of a setting
) -> Setting:
    """Eight records in two strata, four actors at work for forty days, four calls meanwhile."""
    rng = np.random.default_rng(4)
    at = np.where(rng.random((4, 8)) < 0.55, rng.integers(40, size=(4, 8)) + 0.5, NEVER)
    stratum = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    return Setting(at, stratum, [0, 1, 0, 0], [12.0, 20.0, 28.0, 36.0], reported, **changes)


def told(world: Setting) -> Setting:
    """Half of what was opened showed C2, some of it only when opened again, up to a week later."""
    rng = np.random.default_rng(6)
    later = world.at + np.where(rng.random(world.at.shape) < 0.5, 0, rng.integers(8))
    lists_c2 = np.where(rng.random(world.at.shape) < 0.5, later, NEVER)
    quoted = [("C2", None, "c2; C2", "C2")[call % 4] for call in range(len(world.called))]
    return replace(world, quoted=quoted, lists_c2=lists_c2)


def grown(world: Setting) -> Setting:
    """Three of the records are issued between the calls; what was opened before was not them."""
    issued = np.array([-900.0, -900.0, -900.0, 24.0, 32.0, -900.0, -900.0, 16.0])
    at = np.where(world.at > issued, world.at, NEVER)
    return replace(world, at=at, issued=issued)


ONE_BY_ONE = (41.0, 42.0, 43.0, 44.0)


class TestEveryDraw:
    def test_has_mean_exactly_one_for_victims_that_come_one_by_one(self) -> None:
        found = setting(ONE_BY_ONE).mean_e_values()

        assert found == pytest.approx(np.ones(4), abs=TOLERANCE)

    @pytest.mark.parametrize(
        "reported",
        [
            (41.0, 41.0, 41.0, 41.0),
            (41.0, 41.0, 42.0, 42.0),
            (44.0, 43.0, 42.0, 41.0),  # reported in the opposite order of the contacts
            (43.0, 41.0, 43.0, 42.0),
        ],
    )
    def test_has_mean_at_most_one_whatever_the_order_of_the_reports(
        self, reported: tuple[float, ...]
    ) -> None:
        found = setting(reported).mean_e_values()

        assert (found <= 1 + TOLERANCE).all()
        assert (found > 0.05).all()

    @pytest.mark.parametrize(
        "reported", [ONE_BY_ONE, (43.0, 41.0, 43.0, 42.0), (41.0, 41.0, 41.0, 41.0)]
    )
    def test_has_mean_at_most_one_whatever_the_callers_knew(
        self, reported: tuple[float, ...]
    ) -> None:
        found = told(setting(reported)).mean_e_values()

        assert (found <= 1 + TOLERANCE).all()
        assert (found > 0.05).all()
        if reported == ONE_BY_ONE:
            assert found == pytest.approx(np.ones(4), abs=TOLERANCE)

    def test_has_mean_exactly_one_where_policies_are_issued_between_the_calls(self) -> None:
        found = grown(setting(ONE_BY_ONE)).mean_e_values()

        assert found == pytest.approx(np.ones(4), abs=TOLERANCE)

    @pytest.mark.parametrize("reported", [(43.0, 41.0, 43.0, 42.0), (44.0, 43.0, 42.0, 41.0)])
    def test_exceeds_one_by_what_calls_used_up_before_others_were_issued(
        self, reported: tuple[float, ...]
    ) -> None:
        # Half the records of a stratum are called here; where it is a tenth, it is a tenth of this.
        found = grown(setting(reported)).mean_e_values()

        assert (found <= 1.2).all()

    def test_would_show_it_if_records_counted_before_they_were_issued(self) -> None:
        found = grown(setting(ONE_BY_ONE, dates=False)).mean_e_values()

        assert found.max() > 1.3

    def test_would_show_it_if_what_callers_knew_were_asked_on_one_side_alone(self) -> None:
        found = told(setting(ONE_BY_ONE, both_sides=False)).mean_e_values()

        assert found.max() > 1.5

    def test_would_show_it_if_accesses_after_the_contact_counted(self) -> None:
        found = setting(ONE_BY_ONE, cut_log=False).mean_e_values()

        assert found[HANDLER] > 1.5
        assert found.max() == found[HANDLER]


@cache
def large(**changes: Any) -> Setting:  # noqa: ANN401 - any mistake of a setting
    """A hundred records in three strata, twelve calls of which nine fall into a wave."""
    rng = np.random.default_rng(8)
    stratum = np.repeat([0, 1, 2], [50, 30, 20])
    regional = np.where(stratum == 2, 0.7, 0.1)  # the first actors work where the wave is
    everywhere = rng.uniform(0.05, 0.5, size=(4, 1)) * np.ones(100)
    chance = np.vstack([regional, regional, everywhere])
    at = np.where(rng.random(chance.shape) < chance, rng.integers(60, size=chance.shape), NEVER)
    called = [2, 0, 2, 2, 1, 2, 2, 2, 0, 2, 2, 2]
    contacted = (20.25 + 3 * np.arange(12)).tolist()
    reported = (60.0 + np.arange(12) // 3).tolist()  # four batches of three
    return Setting(at, stratum, called, contacted, reported, **changes)


@cache
def simulated(draws: int = 700, *, quoted: bool = False, **changes: bool) -> tuple[Floats, Floats]:
    """float (m,) each: the mean e-value over draws, and its standard error."""
    plain, rng = large(**changes), np.random.default_rng(11)
    world = told(plain) if quoted else plain
    found = []
    for _ in range(draws):
        taken = {z: rng.permutation(np.flatnonzero(world.stratum == z)).tolist() for z in range(3)}
        victims = [taken[z].pop() for z in world.called]
        found.append(world.e_values(victims, SMALL_BETA))
    values = np.array(found)
    return values.mean(axis=0), values.std(axis=0) / np.sqrt(draws)


class TestManyDraws:
    @pytest.mark.parametrize(("draws", "quoted"), [(700, False), (400, True)])
    def test_have_mean_at_most_one_within_strata(self, draws: int, quoted: bool) -> None:
        mean, error = simulated(draws, quoted=quoted)

        assert (mean <= 1 + 4 * error).all()
        assert (4 * error < 0.3).all()  # so that a mean of 1.6 would have failed

    def test_would_show_it_if_accesses_after_the_contact_counted(self) -> None:
        mean, error = simulated(200, cut_log=False)

        assert mean[HANDLER] > 1 + 4 * error[HANDLER]

    def test_would_show_it_if_a_wave_in_one_stratum_were_compared_with_all_records(self) -> None:
        mean, error = simulated(200, strata=False)

        assert (mean[:2] > 1 + 4 * error[:2]).all()
