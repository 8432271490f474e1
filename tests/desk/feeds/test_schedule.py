"""The worker: imports what is due, goes on past what fails, and tells of silence once."""

from datetime import timedelta
from pathlib import Path

import pytest

from hubao.desk.core.models import Outbox
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.operations import schedule
from hubao.desk.feeds.operations.schedule import claim_due, import_scheduled, tell_silences
from hubao.desk.feeds.operations.sources import change_source, remove_source
from tests.makers.desk import NOON, SYSTEM, make_branches
from tests.makers.feeds import lake, line, make_source, take, wires, write

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


class TestDue:
    def test_sources_are_claimed_one_after_the_other_and_again_after_their_time(
        self, tmp_path: Path
    ) -> None:
        make_source(tmp_path, "core", every=60)
        make_source(tmp_path, "crm", every=120)

        claimed = [{claim_due(at=NOON + HOUR * n) for _ in range(3)} for n in range(3)]

        assert claimed == [{"core", "crm", None}, {"core", None}, {"core", "crm", None}]

    def test_sources_that_rest_are_left_alone(self, tmp_path: Path) -> None:
        make_source(tmp_path, "core")
        make_source(tmp_path, "crm")
        change_source(name="core", changes={"active": False}, actor=SYSTEM, at=NOON)
        remove_source(name="crm", actor=SYSTEM, at=NOON)

        assert claim_due(at=NOON + 99 * HOUR) is None


class TestImportScheduled:
    def test_imports(self, tmp_path: Path) -> None:
        write(make_source(tmp_path) / "a.csv", [line(0)])
        told = {"name": "core", "actor": SYSTEM, "wires": wires(tmp_path)}

        done = import_scheduled(at=NOON + timedelta(days=400), **told)  # type: ignore[arg-type]

        assert (done, lake(tmp_path).num_rows) == (1, 1)

    def test_notes_a_failure_until_it_is_mended(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        place.rmdir()
        told = {"name": "core", "actor": SYSTEM, "wires": wires(tmp_path), "at": NOON}

        import_scheduled(**told)  # type: ignore[arg-type]
        noted = Source.objects.get()
        place.mkdir()
        import_scheduled(**told)  # type: ignore[arg-type]

        assert (noted.failed_at, noted.failed_code) == (NOON, "input.bad")
        assert Source.objects.get().failed_code is None

    def test_outlives_a_fault_of_our_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_source(tmp_path)

        def faulty(**_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(schedule, "import_source", faulty)

        import_scheduled(name="core", actor=SYSTEM, at=NOON, wires=wires(tmp_path))

        assert Source.objects.get().failed_code == "hubao.fault"


class TestSilence:
    def test_is_told_once_and_again_when_it_comes_back(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, silent_after=24 * 60)
        write(place / "a.csv", [line(0, ts="2026-11-25T10:00Z")])
        take(tmp_path)
        at = NOON + 6 * HOUR  # exactly a day after the event

        early = tell_silences(at=at)
        told = [tell_silences(at=at + HOUR * n) for n in (1, 2, 50)]
        write(place / "b.csv", [line(1, ts="2026-11-27T10:00Z")])
        take(tmp_path, at=NOON + 31 * HOUR)
        alive = tell_silences(at=NOON + 32 * HOUR)
        again = tell_silences(at=NOON + 60 * HOUR)

        assert (early, told, alive, again) == (0, [1, 0, 0], 0, 1)
        first, _ = Outbox.objects.filter(topic="feed.silent").order_by("id")
        assert first.facts == {"source": "core", "minutes": 25 * 60}

    def test_of_a_source_that_never_came_counts_from_when_it_was_made(self, tmp_path: Path) -> None:
        make_source(tmp_path, silent_after=60)

        told = [tell_silences(at=NOON + timedelta(minutes=n)) for n in (59, 61, 99)]

        assert told == [0, 1, 0]

    def test_isnt_hidden_by_a_clock_that_runs_ahead(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, silent_after=60)
        times = ((NOON - HOUR).isoformat(), (NOON + 20 * HOUR).isoformat())
        write(place / "a.csv", [line(n, ts=at) for n, at in enumerate(times)])
        take(tmp_path)

        assert tell_silences(at=NOON + HOUR) == 1

    def test_of_a_source_that_rests_is_no_news(self, tmp_path: Path) -> None:
        make_source(tmp_path, silent_after=60, active=False)

        assert tell_silences(at=NOON + 99 * HOUR) == 0
