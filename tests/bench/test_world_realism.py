import csv
import gzip
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

import world_realism
from hubao.world.model import DAY, HOUR, Scale
from real_logs import FILES
from realism_accesses import CASE, MOMENT, PERSON, Accesses, read_log, read_logs, simulate
from realism_measures import (
    SAMPLED,
    cases_per_person,
    compare,
    gaps,
    gini,
    hours,
    kolmogorov_smirnov,
    people_per_case,
    relative_load,
    total_variation,
    weekdays,
)
from realism_plots import CURVES, draw_plots, image_of

SUMMER = timezone(timedelta(hours=2))
MONDAY = 1_672_617_600  # 2023-01-02 00:00 on the wall clock


def make_log(rows: Sequence[tuple[int, int, float]], name: str = "made") -> Accesses:
    """Case, person, seconds after a Monday's midnight."""
    case, person, at = (np.array(column) for column in zip(*rows, strict=True))
    return Accesses(name, case, person, at.astype(float), MONDAY + at.astype(np.int64))


def write_log(path: Path, rows: Sequence[tuple[str, str, datetime]]) -> Path:
    start = gzip.open if path.suffix == ".gz" else open
    with start(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([CASE, "else", PERSON, MOMENT])
        writer.writerows(
            [case, "", who, at.isoformat("T", "milliseconds")] for case, who, at in rows
        )
    return path


def moment(hour: int, minute: int = 0) -> datetime:
    return datetime(2023, 7, 3, hour, minute, tzinfo=SUMMER)


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["world_realism.py", *words])
    return world_realism.main()


def test_the_distance_of_samples_is_the_largest_gap_between_their_shares() -> None:
    one, other = np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])

    assert kolmogorov_smirnov(one, other) == pytest.approx(0.5)
    assert kolmogorov_smirnov(one, one) == 0
    assert kolmogorov_smirnov(one, one + 10) == 1


def test_the_distance_of_shares_is_what_would_have_to_move() -> None:
    one, other = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])

    assert total_variation(one, other) == pytest.approx(0.5)
    assert total_variation(one, one) == 0


def test_gini_is_0_for_equals_and_nears_1_where_one_has_all() -> None:
    assert gini(np.array([3.0, 3, 3])) == pytest.approx(0)
    assert gini(np.array([1.0, 3])) == pytest.approx(0.25)
    assert gini(np.array([0.0] * 99 + [5])) == pytest.approx(0.99)


def test_a_person_who_opens_a_case_twice_counts_once() -> None:
    log = make_log([(0, 0, 0), (0, 0, 5), (0, 1, 9), (1, 1, 9), (2, 1, 9)])

    assert people_per_case(log).tolist() == [1, 1, 2]
    assert cases_per_person(log).tolist() == [1, 3]
    assert relative_load(log).tolist() == [0.5, 1.5]


def test_gaps_are_within_a_case_whoever_opens_it() -> None:
    log = make_log([(0, 0, 100), (1, 0, 120), (0, 1, 130), (1, 1, 500), (0, 0, 131)])

    assert gaps(log).tolist() == [1, 30, 380]


def test_hours_and_weekdays_are_those_of_the_wall_clock() -> None:
    log = make_log(
        [(0, 0, 9 * HOUR), (0, 0, 9 * HOUR + 5), (0, 0, DAY + 23 * HOUR), (0, 0, 6 * DAY)]
    )

    by_hour, by_day = hours(log), weekdays(log)

    assert by_hour[[0, 9, 23]].tolist() == [0.25, 0.5, 0.25]
    assert by_day.tolist() == [0.5, 0.25, 0, 0, 0, 0, 0.25]


def test_a_world_is_within_the_spread_if_it_is_as_near_to_one_log_as_they_are() -> None:
    few = make_log([(c, 0, c) for c in range(4)], "few")
    many = make_log([(c, p, c) for c in range(4) for p in range(3)], "many")
    mixed = make_log([(c, p, c) for c in range(4) for p in range(1 + 2 * (c > 2))])

    near = compare(SAMPLED["people_per_case"], mixed, [few, many])
    far = compare(SAMPLED["people_per_case"], many, [few, mixed])

    assert near.to == {"few": 0.25, "many": 0.75}
    assert (near.spread, near.nearest, near.within) == (1.0, 0.25, True)
    assert (far.spread, far.nearest, far.within) == (0.25, 0.75, False)


def test_a_log_is_read_without_the_accounts_that_are_nobody(tmp_path: Path) -> None:
    rows = [("a", "admin1", moment(9)), ("a", "Ada", moment(10)), ("a", "", moment(11))]
    path = write_log(tmp_path / "receipt.csv", [*rows, ("b", "Ben", moment(23, 30))])

    log = read_log(path, "receipt")

    assert len(log.case) == 2
    assert log.at.tolist() == [at.timestamp() for at in (moment(10), moment(23, 30))]
    assert (log.clock // HOUR % 24).tolist() == [10, 23]


def test_only_files_with_person_case_and_time_are_logs(tmp_path: Path) -> None:
    write_log(tmp_path / "office.csv", [("a", "Ada", moment(10))])
    (tmp_path / "other.csv").write_text("case_id,amount\n1,2\n", encoding="utf-8")

    assert [log.name for log in read_logs(tmp_path)] == ["office"]


def test_a_world_is_read_as_records_as_a_quarter_and_as_work() -> None:
    made = simulate(Scale(policies=400, years=1, seed=3))

    record, quarter, work = made.record, made.quarter, made.work
    assert 0 < len(quarter.at) < len(record.at)
    assert np.ptp(quarter.at) < 92 * DAY < np.ptp(record.at)
    assert len(people_per_case(work)) > len(people_per_case(record))
    assert record.clock.min() // DAY >= np.datetime64("2023-01-01").astype(np.int64)


def test_without_the_data_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, "--quick", "--data", str(tmp_path))

    assert code == 3
    assert "Not run" in capsys.readouterr().out


def test_a_run_prints_distances_and_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, people in zip(FILES.values(), (2, 5), strict=True):
        rows = [(f"c{c}", f"p{p}", moment(9 + p, c)) for c in range(9) for p in range(people)]
        write_log(tmp_path / name, rows)

    code = run(monkeypatch, "--quick", "--data", str(tmp_path), "--policies", "300")

    last = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert code == 0
    assert last["bench"] == "world_realism"
    assert all(0 <= figure["value"] <= 1 for figure in last["figures"].values())


def test_pictures_are_drawn_of_every_measure_with_a_curve(tmp_path: Path) -> None:
    logs = [make_log([(0, 0, 0), (0, 1, 90), (1, 1, 95)], name) for name in ("one", "other")]
    readings = dict.fromkeys(("record",), make_log([(0, 0, 0), (0, 0, 0), (1, 1, 2 * DAY)]))

    draw_plots(readings, logs, world_realism.found(readings, logs), tmp_path)

    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(drawn) == {image_of(name) for name in (*CURVES, "clock")}
    assert all(">one<" in svg and ">other<" in svg for svg in drawn.values())
