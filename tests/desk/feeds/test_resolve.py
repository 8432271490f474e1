"""What wasn't known when it came is named once it is."""

from pathlib import Path

import pytest
from pyarrow import parquet

from hubao.desk.feeds.models import Batch
from hubao.desk.feeds.operations.resolve import Resolved, _Run, resolve
from tests.makers.desk import NOON, SYSTEM, make_branches, make_person, make_policy, said
from tests.makers.feeds import events, line, make_logins, make_source, take, wires, write


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


class TestResolve:
    def test_names_people_and_records_that_came_later(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        numbers = [f"PN2020{n:08d}" for n in (3, 1, 2)]
        told = [line(n, policy_no=number, user=who) for n, (number, who) in
                enumerate(zip(numbers, ("zhang", "li", "zhang"), strict=True))]  # fmt: skip
        path = write(place / "a.csv", told)
        take(tmp_path)
        before = events(tmp_path)
        record = make_policy(policy_number=numbers[1])
        make_person("E7")
        make_logins("core", zhang="E7")

        done = resolve(name="core", actor=SYSTEM, at=NOON, wires=wires(tmp_path))

        after = events(tmp_path)
        assert done == Resolved(logins=1, policies=1)
        assert [one["actor"] for one in after] == ["E7", "core:li", "E7"]
        assert [one["policy"] for one in after] == [
            before[0]["policy"], record, before[2]["policy"]]  # fmt: skip
        assert [one["event"] for one in after] == [one["event"] for one in before]
        batch = Batch.objects.get()
        assert (batch.unknown_actors, batch.unknown_policies) == (1, 2)
        assert take(tmp_path, files=[path])[0].added == 0
        assert len(said("feed.resolved")) == 1

    def test_keeps_files_sorted_by_policy(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(n) for n in range(40)])
        take(tmp_path)
        for n in range(0, 40, 3):
            make_policy(policy_number=f"PN2020{n:08d}")

        resolve(name="core", actor=SYSTEM, at=NOON, wires=wires(tmp_path))

        (path,) = (tmp_path / "lake").glob("*/*.parquet")
        held = parquet.read_table(path)["policy"].to_pylist()
        assert held == sorted(held)
        assert len(held) == 40

    def test_counts_right_after_a_run_that_was_killed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(make_source(tmp_path) / "a.csv", [line(n) for n in range(3)])
        take(tmp_path)
        make_person("E7")
        make_logins("core", zhang="E7")
        told = {"name": "core", "actor": SYSTEM, "at": NOON, "wires": wires(tmp_path)}
        with monkeypatch.context() as patched:
            patched.setattr(_Run, "_count", _killed)
            with pytest.raises(KeyboardInterrupt):
                resolve(**told)  # type: ignore[arg-type]

        resolve(**told)  # type: ignore[arg-type]

        batch = Batch.objects.get()
        assert (batch.unknown_actors, batch.unknown_policies) == (0, 3)

    def test_leaves_files_alone_when_nothing_has_come(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0)])
        take(tmp_path)
        (path,) = (tmp_path / "lake").glob("*/*.parquet")
        before = path.stat().st_mtime_ns

        done = resolve(name="core", actor=SYSTEM, at=NOON, wires=wires(tmp_path))

        assert done == Resolved()
        assert path.stat().st_mtime_ns == before
