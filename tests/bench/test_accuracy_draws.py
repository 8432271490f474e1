import json
from pathlib import Path

import numpy as np
import pytest

import accuracy_draws
from accuracy_cells import Cell, Draw, World
from accuracy_oracle import Truth, best_list, information, planned, power, strata, truth
from accuracy_tracing import WAYS, Tracer, reported
from accuracy_worlds import Site
from baselines import RANKERS
from baselines_l1 import l1_logistic
from hubao.lake.steps import step
from hubao.trace import planning
from hubao.world.model import Campaign
from hubao.world.scam import draw_contacts
from hubao.world.scenarios import Scenario
from hubao.world.work import work
from hubao.world.work.seen import first_seen
from tests.bench.accuracy import a_leak, a_site

SMALL = World("agency", 5, 1_500, 80, 2)


def a_truth(*, exposed: int, share: float, records: int = 1_000) -> Truth:
    """One stratum, one source that copied all of the `exposed` records it had seen."""
    seen = np.arange(records) < exposed
    return Truth(
        cold=np.full(records, (1 - share) / records),
        leaked=(seen * share / exposed)[None, :],
        seen=seen[None, :],
        stratum=np.zeros(records, dtype=np.int64),
    )


def test_first_sights_are_those_of_the_work_itself() -> None:
    site = a_site()

    expected = first_seen(work(site.insurer))

    assert np.array_equal(site.seen.actor, expected.actor)
    assert np.array_equal(site.seen.policy, expected.policy)
    assert np.array_equal(site.seen.at, expected.at)


def test_a_world_is_read_back_as_it_was_made(tmp_path: Path) -> None:
    made = Site.of(SMALL, tmp_path)

    again = Site.of(SMALL, tmp_path)

    assert len(list(tmp_path.iterdir())) == 1
    assert np.array_equal(again.seen.at, made.seen.at)


def test_a_leak_adds_its_accesses_and_moves_none_later() -> None:
    site, leak = a_site(), a_leak()

    first = site.with_leak(leak)

    source = leak.copies[0]
    mine = first.policy[first.actor == source.actor]
    assert np.isin(source.policies, mine).all()
    assert len(np.unique(mine)) == len(mine)
    assert (first.at[: len(site.seen.at)] <= site.seen.at).all()


def test_the_oracle_compares_within_the_tracers_own_strata() -> None:
    site, leak = a_site(), a_leak()
    contacts = draw_contacts(site.insurer, leak, Campaign(reports=8), seed=2)
    tracer = Tracer(site)
    tracer.ask(leak, contacts, WAYS["as shipped"])
    placed = tracer.engine.fetch(step("SELECT policy, stratum FROM placed ORDER BY policy"))
    tracer.close()

    first_cut = int(contacts.stated[reported(contacts)].min())
    ours = strata(site, site.with_leak(leak), before=first_cut)

    theirs = placed.column("stratum").to_numpy()
    pairs = np.unique(np.column_stack([ours, theirs]), axis=0)
    assert len(pairs) == len(np.unique(ours)) == len(np.unique(theirs)) > 5


def test_true_rates_sum_to_one_and_keep_the_noise() -> None:
    site, campaign = a_site(), Campaign(noise=0.3)

    true = truth(site, a_leak(Scenario.RING, 3), campaign, seed=4)

    assert true.cold.sum() == pytest.approx(0.3)
    assert true.leaked.sum(axis=1) == pytest.approx(
        [0.7 * copy.share for copy in a_leak(Scenario.RING, 3).copies]
    )


def test_the_oracle_of_one_stratum_is_the_planning_formula() -> None:
    true = a_truth(exposed=20, share=0.4)

    one = information(true, 0)

    expected = planning.information(0.02, 0.4)
    assert one.mean == pytest.approx(expected.mean)
    assert one.variance == pytest.approx(expected.variance)
    assert planned(true, 0) == pytest.approx(tuple(expected))


def test_the_oracle_learns_nothing_of_a_source_that_saw_everything() -> None:
    true = a_truth(exposed=1_000, share=0.4)

    one = information(true, 0)

    assert one.mean == pytest.approx(0.0, abs=1e-12)
    assert power(one, 500, family=100, alpha=0.01) == 0.0


def test_the_oracle_reaches_its_power_at_the_victims_it_needs() -> None:
    one = information(a_truth(exposed=10, share=0.5), 0)
    needed = planning.victims_for_power(one, 1_500, 0.01)

    reached = power(one, round(needed), family=1_500, alpha=0.01)

    assert reached == pytest.approx(0.95, abs=0.02)


def test_the_best_list_leaves_out_who_is_known() -> None:
    true = a_truth(exposed=3, share=0.5, records=10)

    listed = best_list(true, np.array([1]), 3)

    assert listed[:2].tolist() == [0, 2]
    assert 1 not in listed


def test_a_line_is_the_same_for_the_same_draw(tmp_path: Path) -> None:
    cell = Cell("t1", (Scenario.BULK_COPY,), 16, 0.5, baselines=True, warns=True)

    lines = [accuracy_draws.line(Draw(SMALL, cell, 2), tmp_path) for _ in range(2)]

    for line in lines:
        line.pop("seconds")
    assert json.dumps(lines[0]) == json.dumps(lines[1])
    assert lines[0]["sources"][0]["rank"] == 0
    assert lines[0]["wrong"] == 0
    assert 0 < lines[0]["warned"][0] <= 1
    assert set(lines[0]["others"]) == set(RANKERS)


def test_a_draw_that_a_world_cannot_bear_is_written_down(tmp_path: Path) -> None:
    cell = Cell("many", (Scenario.NONE,), 4_000, 1.0)

    line = accuracy_draws.line(Draw(SMALL, cell, 0), tmp_path)

    assert "too small" in line["failed"]
    assert line["n"] == 0


def test_victims_of_a_multiple_are_as_many_as_the_plan_asks(tmp_path: Path) -> None:
    cell = Cell("t6", (Scenario.BULK_COPY,), None, 0.2, times=0.7)

    line = accuracy_draws.line(Draw(SMALL, cell, 0), tmp_path)

    assert line["n"] == np.ceil(0.7 * line["sources"][0]["planned"])


def test_victims_may_be_told_without_times() -> None:
    site, leak = a_site(), a_leak()
    contacts = draw_contacts(site.insurer, leak, Campaign(reports=12), seed=2)
    tracer = Tracer(site)

    report = tracer.ask(leak, contacts, WAYS["no contact times"])

    tracer.close()
    assert report.victims.ordered_by == "file"
    assert report.victims.used == 12


def test_l1_logistic_puts_the_planted_actor_first() -> None:
    rng = np.random.default_rng(1)
    is_victim = np.arange(120) < 40
    touched = rng.random((120, 30)) < 0.1
    touched[:25, 4] = True

    scores = l1_logistic(touched, is_victim, seed=1)

    assert scores.argmax() == 4
    assert (scores != 0).sum() < 30
