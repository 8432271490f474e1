"""Copies that actors may have made: they protect a colleague who had most of one, little else."""

from collections.abc import Sequence

import numpy as np
import pytest

from hubao.lake.engine import Engine
from hubao.trace import Report, analyse
from hubao.trace.copies import Copies, likeliest_copies, no_copies
from hubao.trace.reduced import Ints, Reduced
from tests.makers.logs import DAY, Access, Call, World, book, policy, traced

RECORDS, COPIED = 2_000, 200
SOURCE, MATE = "agent-source", "agent-mate"


def team(seed: int) -> World:
    """A source who opens most of a branch at work, and sells what it copied on three evenings.

    A team-mate had nine tenths of the copied list on a worklist of its own, and little else.
    """
    rng = np.random.default_rng([23, seed])
    copied = rng.choice(RECORDS, size=COPIED, replace=False)
    listed = rng.permutation(copied)[: COPIED * 9 // 10]
    accesses = [
        *_work(rng, SOURCE, rng.choice(RECORDS, size=1_100, replace=False), 0, 300),
        *_work(rng, MATE, np.append(listed, rng.choice(RECORDS, size=30)), 100, 160),
        *_work(rng, SOURCE, copied, 200, 203, hour=20.0),
    ]
    for other in range(28):
        own = rng.choice(RECORDS, size=int(rng.integers(60, 500)), replace=False)
        accesses += _work(rng, f"agent-{other:03d}", own, 0, 300)
    leaked = rng.choice(copied, size=60, replace=False)
    cold = rng.choice(np.setdiff1d(np.arange(RECORDS), leaked), size=60, replace=False)
    called = rng.permutation(np.append(leaked, cold))
    calls = [Call(policy(int(one)), (310.0 + i) * DAY) for i, one in enumerate(called)]
    return World(accesses, calls, book(("north", RECORDS)))


def _work(
    rng: np.random.Generator, who: str, records: Ints, first: int, last: int, hour: float = 9
) -> list[Access]:
    days = rng.integers(first, last, size=len(records))
    moments = days * DAY + hour * 3_600.0 + rng.integers(7_000, size=len(records))
    rows = zip(records.tolist(), moments.tolist(), strict=True)
    return [Access(who, policy(record), at) for record, at in rows]


def named(report: Report) -> set[str]:
    return {actor for group in report.named for actor in group}


class TestCopies:
    @pytest.mark.parametrize("seed", range(3))
    def test_keep_a_colleague_from_being_named_for_the_source(self, seed: int) -> None:
        report = traced(team(seed))

        assert MATE not in named(report)

    def test_are_what_keeps_the_colleague_from_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            analyse, "likeliest_copies", lambda _engine, reduced, *_: no_copies(reduced.victims)
        )

        accused = [MATE in named(traced(team(seed))) for seed in range(3)]

        assert any(accused)

    def test_hold_only_what_was_opened_in_their_window(self) -> None:
        found: list[tuple[float, float]] = []

        def kept(engine: Engine, reduced: Reduced, cut: Ints, columns: Sequence[int]) -> Copies:
            made = likeliest_copies(engine, reduced, cut, columns)
            own = [i for i, c in enumerate(made.owner) if reduced.actors[c] == SOURCE]
            found.extend(
                (float(made.touched[:, i].sum()), float(made.share[:, i].mean())) for i in own
            )
            return made

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(analyse, "likeliest_copies", kept)
            traced(team(0))

        assert any(touched >= 60 and share < 0.15 for touched, share in found)
        assert all(0 < share <= 1 for _, share in found)
