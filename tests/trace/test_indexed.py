"""An index answers as its log does, whatever was appended when, and no crash leaves half of one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from hubao.kit.errors import BadInput
from hubao.trace import Report, trace
from hubao.trace.index import AlreadyIndexed, IndexSummary, build_index
from hubao.trace.indexed import NotAnIndex, OtherStrata
from tests.makers.logs import Access, World, access_table, book, loners, messy_world, traced
from tests.trace.figures import assert_same_evidence

Parts = list[list[Access]]


@cache
def messy(seed: int) -> tuple[World, Report]:
    world = messy_world(seed)
    return world, traced(world)


def by_time(rows: list[Access]) -> Parts:
    return _thirds(sorted(rows, key=lambda one: one.at))


def backwards(rows: list[Access]) -> Parts:
    """The latest first: every addition brings accesses earlier than the ones known."""
    return by_time(rows)[::-1]


def at_random(rows: list[Access]) -> Parts:
    order = np.random.default_rng(1).permutation(len(rows))
    return _thirds([rows[i] for i in order])


def overlapping(rows: list[Access]) -> Parts:
    one, two, three = by_time(rows)
    return [[*two, *three[:50]], [*one, *two], [*three, *one[:70]]]


def _thirds(rows: list[Access]) -> Parts:
    third = len(rows) // 3
    return [rows[:third], rows[third : 2 * third], rows[2 * third :]]


def indexed(world: World, parts: Parts, out: Path) -> IndexSummary:
    first, *rest = parts
    made = build_index(
        [access_table(first)], out=out, policies=world.policies_table(), strata=["branch"]
    )
    for part in rest:
        made = build_index([access_table(part)], out=out)
    return made


def answered(world: World, out: Path, **options: list[str]) -> Report:
    return trace(victims=world.victims_table(), index=out, **options)  # type: ignore[arg-type]


class TestAnswersAsTheLog:
    @pytest.mark.parametrize("seed", range(2))
    @pytest.mark.parametrize(
        "split", [lambda rows: [rows], by_time, backwards, at_random, overlapping]
    )
    def test_however_it_was_put_together(
        self, seed: int, split: Callable[[list[Access]], Parts], tmp_path: Path
    ) -> None:
        world, report = messy(seed)

        made = indexed(world, split(list(world.accesses)), tmp_path / "log.index")

        assert_same_evidence(report, answered(world, tmp_path / "log.index"))
        assert made.actors == report.family
        assert made.records == report.records

    def test_when_twins_and_a_source_are_named(self, tmp_path: Path) -> None:
        small = loners(31, sources={2: 18}, noise=12, actors=20)
        small.seen[9] = small.seen[2]
        world = small.world()

        indexed(world, backwards(list(world.accesses)), tmp_path / "log.index")
        found = answered(world, tmp_path / "log.index")

        assert len(found.named[0]) == 2
        assert_same_evidence(traced(world), found)

    def test_when_contacts_fall_on_midnight_or_have_no_time(self, tmp_path: Path) -> None:
        world, _ = messy(0)
        day = 86_400.0
        calls = [
            call._replace(contacted=None if call.contacted is None or i % 5 == 0
                          else call.contacted // day * day, reported=None)
            for i, call in enumerate(world.calls)
        ]  # fmt: skip
        world = world.but(calls=calls)

        indexed(world, at_random(list(world.accesses)), tmp_path / "log.index")

        assert_same_evidence(traced(world), answered(world, tmp_path / "log.index"))

    def test_when_there_are_no_strata_at_all(self, tmp_path: Path) -> None:
        world, _ = messy(1)

        build_index([world.access_table()], out=tmp_path / "i", policies=world.policies_table(),
                    strata=[])  # fmt: skip

        assert_same_evidence(traced(world, strata=[]), answered(world, tmp_path / "i"))

    def test_with_the_strata_asked_for_by_name(self, tmp_path: Path) -> None:
        world, report = messy(0)

        indexed(world, [list(world.accesses)], tmp_path / "log.index")

        assert_same_evidence(report, answered(world, tmp_path / "log.index", strata=["branch"]))

    def test_and_keeps_records_that_came_later_apart(self, tmp_path: Path) -> None:
        world, report = messy(0)
        later = [
            one._replace(policy=f"N{one.policy}", action="view") for one in world.accesses[:60]
        ]

        indexed(world, [list(world.accesses), later], tmp_path / "log.index")
        found = answered(world, tmp_path / "log.index")

        assert found.records == report.records + len({one.policy for one in later})
        assert found.strata_used == report.strata_used
        evidence = {one.actor: one.log10_e_value for one in report.suspects}
        assert {one.actor: one.log10_e_value for one in found.suspects} == pytest.approx(evidence)


SHANGHAI = timezone(timedelta(hours=8))


class TestBefore:
    """Strata by how many actors had opened a record, counted up to a moment."""

    BEFORE = datetime(2025, 1, 31, 12, tzinfo=SHANGHAI)  # the first contacts are of that day

    def moved(self, out: Path, before: datetime | None) -> Report:
        """Ten busy hands open the files of all who complain; then the log is indexed."""
        world, _ = messy(0)
        late = [
            Access(f"hand-{j}", call.policy, 99.0 * 86_400) for call in world.calls
            for j in range(10) if call.policy in world.book
        ]  # fmt: skip
        build_index(
            [access_table([*world.accesses, *late])], out=out, policies=world.policies_table(),
            strata=["branch", "access_degree"], before=before,
        )  # fmt: skip
        return answered(world, out)

    def strata(self, report: Report) -> list[tuple[str, int, int]]:
        return [(one.label, one.records, one.victims) for one in report.strata_used]

    def test_accesses_after_it_move_no_record_to_another_stratum(self, tmp_path: Path) -> None:
        world, _ = messy(0)
        build_index(
            [world.access_table()], out=tmp_path / "plain", policies=world.policies_table(),
            strata=["branch", "access_degree"], before=self.BEFORE,
        )  # fmt: skip

        found = self.moved(tmp_path / "moved", self.BEFORE)

        assert self.strata(found) == self.strata(answered(world, tmp_path / "plain"))
        assert self.strata(self.moved(tmp_path / "all", None)) != self.strata(found)

    def test_is_the_same_moment_in_the_zone_given(self, tmp_path: Path) -> None:
        naive = self.BEFORE.replace(tzinfo=None)

        found = self.moved(tmp_path / "naive", naive)

        assert self.strata(found) == self.strata(self.moved(tmp_path / "aware", self.BEFORE))

    def test_counts_as_a_trace_that_starts_there(self, tmp_path: Path) -> None:
        world, _ = messy(0)
        first = min(one.contacted for one in world.calls if one.contacted is not None)
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=first)

        build_index(
            [world.access_table()], out=tmp_path / "i", policies=world.policies_table(),
            strata=["branch", "access_degree"], before=moment,
        )  # fmt: skip

        assert_same_evidence(
            traced(world, strata=["branch", "access_degree"]), answered(world, tmp_path / "i")
        )

    def test_must_leave_something_to_count(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="no later than the log's first access"):
            self.moved(tmp_path / "i", datetime(2024, 12, 31, tzinfo=UTC))
        assert not (tmp_path / "i").exists()

    def test_is_fixed_once_the_index_is_there(self, tmp_path: Path) -> None:
        self.moved(tmp_path / "i", None)

        with pytest.raises(BadInput, match="strata are fixed"):
            build_index([messy(0)[0].access_table()], out=tmp_path / "i", before=self.BEFORE)


def test_what_callers_knew_is_not_weighed_over_an_index(tmp_path: Path) -> None:
    world, report = messy(0)
    told = world.but(
        accesses=[one._replace(fields="C3") for one in world.accesses],
        calls=[one._replace(quoted="C2;C3") for one in world.calls],
    )

    indexed(told, [list(told.accesses)], tmp_path / "log.index")

    assert_same_evidence(report, answered(told, tmp_path / "log.index"), but=["cautions"])


class TestRefusals:
    @pytest.fixture
    def index(self, tmp_path: Path) -> Path:
        world = messy(0)[0]
        indexed(world, [list(world.accesses)], tmp_path / "log.index")
        return tmp_path / "log.index"

    def test_a_file_is_not_indexed_twice(self, tmp_path: Path) -> None:
        world, report = messy(0)
        file, out = tmp_path / "a.csv", tmp_path / "log.index"
        csv.write_csv(world.access_table(), file)
        build_index([file], out=out, policies=world.policies_table(), strata=["branch"])

        with pytest.raises(AlreadyIndexed, match="nothing to add"):
            build_index([file], out=out)

        assert_same_evidence(report, answered(world, out))

    def test_other_strata_than_its_own(self, index: Path) -> None:
        with pytest.raises(OtherStrata, match=r"made for the strata branch.*--strata product"):
            answered(messy(0)[0], index, strata=["product"])

    def test_strata_or_policies_for_an_index_that_is_there(self, index: Path) -> None:
        world = messy(0)[0]

        with pytest.raises(BadInput, match="strata are fixed"):
            build_index([world.access_table()], out=index, strata=["branch"])
        with pytest.raises(BadInput, match="strata are fixed"):
            build_index([world.access_table()], out=index, policies=world.policies_table())

    def test_a_log_beside_the_index(self, index: Path) -> None:
        world = messy(0)[0]

        with pytest.raises(BadInput, match="one or the other"):
            trace([world.access_table()], victims=world.victims_table(), index=index)
        with pytest.raises(BadInput, match="its own policies table"):
            trace(victims=world.victims_table(), index=index, policies=world.policies_table())

    @pytest.mark.parametrize("content", [b"", b"actor,policy,at\n", bytes(20_000), b"DUCK" * 4_000])
    def test_a_file_that_is_no_index(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "log.index"
        path.write_bytes(content)

        with pytest.raises(NotAnIndex, match="no index"):
            answered(messy(0)[0], path)
        with pytest.raises(NotAnIndex, match="no index"):
            build_index([messy(0)[0].access_table()], out=path)
        assert path.read_bytes() == content

    def test_a_missing_file_or_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(NotAnIndex, match="There is no index"):
            answered(messy(0)[0], tmp_path / "none.index")
        with pytest.raises(BadInput):
            answered(messy(0)[0], tmp_path)

    @pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.75, 0.85, 0.9, 0.97, 0.99])
    def test_a_truncated_index(self, kept: float, index: Path) -> None:
        whole = index.read_bytes()
        index.write_bytes(whole[: int(len(whole) * kept)])

        with pytest.raises(NotAnIndex):
            answered(messy(0)[0], index)

    @pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.75, 0.85, 0.9, 0.97, 0.99])
    def test_adding_to_a_truncated_index(self, kept: float, index: Path) -> None:
        whole = index.read_bytes()
        index.write_bytes(whole[: int(len(whole) * kept)])

        with pytest.raises(NotAnIndex):
            build_index([access_table(messy(0)[0].accesses[:3])], out=index)


# Forks a child for each place to die, so that the interpreter starts and imports but once.
CRASHES = """
import os, signal, sys, time
from pathlib import Path
from hubao.lake.engines.duckdb import DuckDB
from hubao.trace.index import build_index

out, log, policies, *places = sys.argv[1:]
given = {} if Path(out).exists() else {"policies": policies, "strata": ["branch"]}


def die_at(call):
    left = [call]
    for name in ("create", "append", "load", "attach", "detach", "fetch"):
        def dying(self, *a, was=getattr(DuckDB, name), **k):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            found = was(self, *a, **k)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return found
        setattr(DuckDB, name, dying)


def child(place):
    if place.startswith("step"):
        die_at(int(place[4:]))
    else:
        # A thread of the engine may hold any lock: the signal comes from the kernel's own clock.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, float(place))
    build_index([Path(log)], out=Path(out), **given)


for place in places:
    copy = Path(out + "." + place)
    if Path(out).exists():
        copy.write_bytes(Path(out).read_bytes())
    pid = os.fork()
    if pid == 0:
        try:
            out = str(copy)
            child(place)
        finally:
            os._exit(0)
    print(place, os.waitpid(pid, 0)[1], flush=True)
"""


class TestCrashes:
    """Killed at once (SIGKILL), or by an alarm at a random moment, while it works."""

    PLACES = tuple(f"step{n}" for n in (1, 25, 45, 55, 60, 65, 70, 75, 999))
    MOMENTS = tuple(f"{s:.3f}" for s in np.random.default_rng(3).uniform(0.02, 0.4, size=4))

    def crash(self, out: Path, log: Path, policies: Path) -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", CRASHES, str(out), str(log), str(policies),
             *self.PLACES, *self.MOMENTS],
            capture_output=True, text=True, check=True, timeout=120,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        return [int(line.split()[1]) for line in done.stdout.splitlines()]

    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[World, Path, Path]:
        world = messy(1)[0]
        csv.write_csv(world.policies_table(), tmp_path / "policies.csv")
        csv.write_csv(access_table(world.accesses[:400]), tmp_path / "first.csv")
        csv.write_csv(access_table(world.accesses[400:]), tmp_path / "rest.csv")
        return world, tmp_path / "first.csv", tmp_path / "rest.csv"

    def test_while_it_is_made_leave_no_index_or_a_whole_one(
        self, files: tuple[World, Path, Path], tmp_path: Path
    ) -> None:
        world, first, _ = files
        out = tmp_path / "log.index"
        expected = traced(world.but(accesses=world.accesses[:400]))

        ended = self.crash(out, first, tmp_path / "policies.csv")

        left = [tmp_path / f"log.index.{place}" for place in (*self.PLACES, *self.MOMENTS)]
        whole = [path for path in left if path.exists()]
        assert signal.SIGKILL in ended
        assert 0 < len(whole) < len(left)
        for path in whole:
            assert_same_evidence(expected, answered(world, path))

    def test_while_it_is_added_to_leave_it_as_before_or_after(
        self, files: tuple[World, Path, Path], tmp_path: Path
    ) -> None:
        world, first, rest = files
        out = tmp_path / "log.index"
        build_index([first], out=out, policies=tmp_path / "policies.csv", strata=["branch"])
        before = traced(world.but(accesses=world.accesses[:400]))
        after = traced(world)

        ended = self.crash(out, rest, tmp_path / "policies.csv")

        done: list[Path] = []
        undone: list[Path] = []
        for place in (*self.PLACES, *self.MOMENTS):
            path = tmp_path / f"log.index.{place}"
            found = answered(world, path)
            is_after = found.family > before.family or _expected(found) == _expected(after)
            (done if is_after else undone).append(path)
            assert_same_evidence(after if is_after else before, found)
        assert signal.SIGKILL in ended
        assert done
        build_index([rest], out=undone[-1])  # what a crash left behind stops no later addition
        assert_same_evidence(after, answered(world, undone[-1]))


def _expected(report: Report) -> float:
    return round(sum(one.victims_expected for one in report.suspects), 6)


def test_an_index_of_one_record_answers(tmp_path: Path) -> None:
    world = World([Access("a", "P00000", 0.0)], [], book(("north", 1)))
    build_index([world.access_table()], out=tmp_path / "i", policies=world.policies_table())

    found = trace(victims=pa.table({"policy": ["P00000"]}), index=tmp_path / "i")

    assert found.records == 1
    assert found.named == []
