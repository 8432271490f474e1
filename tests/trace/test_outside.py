"""The bound on what one actor can account for, and the verdict that the source is elsewhere."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hubao.trace import Report, Verdict, outside
from hubao.trace.reduced import Ints
from hubao.trace.words import verdict_sentence
from tests.makers.logs import Bools, Seen, actor, loners, traced

VICTIMS = 50
WIDE = 3


def actors(seed: int, *, count: int = 8, records: int = 1_000) -> Seen:
    return loners(seed, sources={}, noise=1, actors=count, records=records)


def one_leak(rng: np.random.Generator, seen: Bools, share: float) -> Ints:
    """Each victim comes from actor 0's records with chance `share`, else from all; no repeats."""
    own, everyone = np.flatnonzero(seen[0]), np.arange(seen.shape[1])
    chosen: list[int] = []
    while len(chosen) < VICTIMS:
        one = int(rng.choice(own if rng.random() < share else everyone))
        if one not in chosen:
            chosen.append(one)
    return np.array(chosen, dtype=np.int64)


@cache
def bounds_of_a_source(share: float) -> list[float]:
    """The bound on a true source's share, in sixty draws."""
    found = []
    for seed in range(60):
        world, rng = actors(seed), np.random.default_rng([seed, 7])
        reduced = Seen(world.seen, world.branch, one_leak(rng, world.seen, share)).reduced()
        bound = dict(
            zip(reduced.actors, outside.share_bounds(reduced, np.ones(VICTIMS)), strict=True)
        )
        found.append(float(bound.get(actor(0), -np.log(outside.SURE) / VICTIMS)))
    return found


class TestBounds:
    @pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
    def test_hold_for_true_sources(self, share: float) -> None:
        found = np.array(bounds_of_a_source(share))

        assert (found >= share).mean() >= 0.95

    def test_come_down_as_victims_come_in(self) -> None:
        found = []
        for count in (25, 100, 400):
            reduced = loners(7, sources={}, noise=count).reduced()
            found.append(np.median(outside.share_bounds(reduced, np.ones(count))))

        assert found[0] > 2 * found[1] > 3 * found[2]

    def test_are_those_of_a_search_over_strengths(self) -> None:
        world = loners(3, sources={2: 8}, noise=12, actors=6, records=400)
        reduced = world.reduced()
        rate = np.array([0.5, 2.0])[reduced.stratum]
        columns = np.arange(len(reduced.actors))
        x, a = reduced.touched_by(columns), reduced.share_of(columns)
        scaled = rate / rate.mean()
        expected = []
        for j in columns:
            kept = [0.0]
            for gamma in outside.STRENGTHS:
                alone = 1 + gamma * a[:, j] / scaled
                ratio = np.prod((1 + gamma * x[:, j] / scaled) / alone)
                if ratio > outside.SURE:
                    kept.append(float(np.mean(1 - 1 / alone)))
            expected.append(max(kept))

        found = outside.share_bounds(reduced, rate)

        assert found == pytest.approx(expected, abs=1e-9)

    def test_do_not_change_with_the_unit_of_the_background(self) -> None:
        reduced = loners(3, sources={2: 8}, noise=12).reduced()
        rate = np.array([0.5, 2.0])[reduced.stratum]

        found = outside.share_bounds(reduced, rate)

        assert found == pytest.approx(outside.share_bounds(reduced, 40 * rate))

    def test_count_actors_that_touched_nobody(self) -> None:
        world = actors(1)
        free = np.flatnonzero(world.seen.sum(axis=0) == 1)[:30]
        reduced = Seen(world.seen, world.branch, free).reduced()

        found = outside.largest_share(reduced, [np.ones(30)])

        assert found >= -np.log(outside.SURE) / 30


@cache
def unlogged(victims: int, *, wide: bool = False) -> Report:
    """Contacts from a list that nobody in the log had copied."""
    world = loners(5, sources={}, noise=victims)
    if wide:
        world.seen[WIDE] = np.random.default_rng(5).random(world.seen.shape[1]) < 0.8
    return traced(world.world())


class TestAWorldWithoutASource:
    def test_is_said_to_be_outside_the_log_with_enough_victims(self) -> None:
        report = unlogged(200)

        assert report.verdict is Verdict.OUTSIDE_LOG
        assert report.named == []
        assert report.largest_share <= outside.OUTSIDE
        assert report.too_wide == []

    def test_is_left_open_with_few_victims(self) -> None:
        report = unlogged(8)

        assert report.verdict is Verdict.NOT_ENOUGH_EVIDENCE
        assert report.largest_share > outside.OUTSIDE

    def test_lists_a_wide_account_that_the_verdict_leaves_out(self) -> None:
        report = unlogged(200, wide=True)

        assert report.verdict is Verdict.OUTSIDE_LOG
        assert report.too_wide == [actor(WIDE)]

    def test_is_not_said_of_a_leak_from_the_log(self) -> None:
        report = traced(loners(5, sources={2: 40}, noise=40).world())

        assert report.verdict is Verdict.SOURCE_NAMED
        assert report.largest_share > 0.4


class TestTheSentence:
    @pytest.mark.parametrize(
        ("lang", "said"),
        [("en", "does not explain the reported contacts"), ("zh", "这份日志解释不了这些联系")],
    )
    def test_says_that_nobody_is_named_and_how_much_one_actor_could_explain(
        self, lang: str, said: str
    ) -> None:
        report = replace(unlogged(200), largest_share=0.12)

        sentence = verdict_sentence(report, lang)

        assert said in sentence
        assert "12%" in sentence
        assert actor(WIDE) not in sentence

    @pytest.mark.parametrize(("lang", "said"), [("en", "Not ruled out"), ("zh", "无法排除的账号")])
    def test_lists_the_accounts_that_can_not_be_ruled_out(self, lang: str, said: str) -> None:
        sentence = verdict_sentence(unlogged(200, wide=True), lang)

        assert said in sentence
        assert actor(WIDE) in sentence
