from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from real_logs import Log, Planted, draw_victims, every_list


def make_log(*, cases: int = 400) -> Log:
    """Three actors: one with a quarter of the cases, one with 20 of them, one with all."""
    seen = np.zeros((cases, 3), dtype=np.bool_)
    seen[: cases // 4, 0] = True
    seen[:20, 1] = True
    seen[:, 2] = True
    names = [f"case-{i:03d}" for i in range(cases)]
    return Log(
        name="receipt",
        cases=names,
        actors=["quarter", "few", "all"],
        seen=seen,
        stratum=np.arange(cases) % 2,
        access=pa.table({"policy": names}),
        policies=pa.table({"policy": names}),
        end=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_only_who_saw_enough_but_not_nearly_all_is_planted() -> None:
    log = make_log()

    assert log.plants == [0]


def test_cells_where_the_source_has_too_few_cases_are_skipped() -> None:
    log = make_log(cases=240)

    cells = {(p.n, p.noise) for p in every_list(log, draws=1, without_leak=0)}

    assert (80, 0.0) not in cells
    assert (80, 0.3) in cells
    assert (40, 0.0) in cells


def test_noise_is_the_share_drawn_from_everyone() -> None:
    log = make_log()

    victims = draw_victims(log, Planted("receipt", 0, 40, 0.5, 0), seed=1)

    theirs = int(log.seen[victims, 0].sum())
    assert len(set(victims.tolist())) == 40
    assert 20 <= theirs < 40


def test_without_noise_every_victim_is_the_sources() -> None:
    log = make_log()

    victims = draw_victims(log, Planted("receipt", 0, 20, 0.0, 0), seed=1)

    assert log.seen[victims, 0].all()


def test_a_list_is_the_same_whatever_else_is_drawn() -> None:
    log = make_log()
    planted = Planted("receipt", 0, 40, 0.5, 3)

    first = draw_victims(log, planted, seed=1)
    for other in every_list(log, draws=1, without_leak=3):
        draw_victims(log, other, seed=1)

    assert draw_victims(log, planted, seed=1).tolist() == first.tolist()
    assert draw_victims(log, planted, seed=2).tolist() != first.tolist()


def test_sizes_count_cases_by_actor_and_stratum() -> None:
    log = make_log()

    seen = log.against(np.array([0, 1, 399]))

    assert seen.sizes.tolist() == [[50, 50], [10, 10], [200, 200]]
    assert seen.totals.tolist() == [200, 200]
    assert seen.hits.tolist() == [2, 2, 3]


def test_contacts_come_after_the_log_ends() -> None:
    log = make_log()

    rows = log.victims_table(np.array([5, 3])).to_pylist()

    assert [row["policy"] for row in rows] == ["case-005", "case-003"]
    assert all(row["contacted_at"] > log.end for row in rows)


def test_a_part_still_plants_at_everyone_in_the_cell_of_the_power_figure() -> None:
    log = make_log()
    log.seen[100:170, 1] = True  # the second actor saw enough now

    part = list(every_list(log, draws=1, without_leak=0, every=2))

    assert {p.actor for p in part} == {0, 1}
    assert {(p.n, p.noise) for p in part if p.actor == 1} == {(40, 0.5)}
