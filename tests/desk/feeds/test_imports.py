"""Feeds: what systems hand in comes into the lake once, with nobody's number in clear."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyarrow import parquet

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.feeds.models import Hour, Source
from hubao.desk.feeds.operations.imports import import_source
from hubao.desk.feeds.operations.sources import change_source
from hubao.desk.feeds.rules import Busy, NoSuchSource, months_near
from tests.makers.desk import NOON, SYSTEM, actor, make_branches, make_person, make_policy, said
from tests.makers.feeds import (
    events,
    lake,
    line,
    make_logins,
    make_source,
    reasons,
    take,
    wires,
    with_columns,
    write,
)


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


class TestRows:
    def test_become_the_lakes_columns_in_utc_with_people_and_records(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, columns=with_columns("fields", "purpose", "ticket", "batch"))
        make_person("E7")
        make_logins("core", zhang="E7")
        record = make_policy(policy_number="PN20200000017788")
        told = line(0, policy_no="pn-2020 0000017788", fields="phone; C1", purpose="claim",
                    ticket="T1", batch="x9")  # fmt: skip
        write(place / "a.csv", [told])

        take(tmp_path)

        (found,) = events(tmp_path)
        assert found == {
            "event": found["event"],
            "at": datetime(2026, 10, 31, 16, tzinfo=UTC),
            "actor": "E7",
            "action": "view",
            "policy": record,
            "fields": ["phone", "C1"],
            "purpose": "claim",
            "ticket": "T1",
            "source": "core",
            "batch": "x9",
        }

    def test_of_unknown_logins_keep_them_beside_the_systems_name(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, system="core-db")
        make_person("zhang")  # a person's id that happens to be somebody's login there
        write(place / "a.csv", [line(0)])

        (batch,) = take(tmp_path)

        assert [one["actor"] for one in events(tmp_path)] == ["core-db:zhang"]
        assert batch.unknown_actors == 1

    def test_of_peoples_own_ids_are_theirs_where_the_source_says_so(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, own_ids=True)
        make_person("zhang")
        write(place / "a.csv", [line(0)])

        take(tmp_path)

        assert [one["actor"] for one in events(tmp_path)] == ["zhang"]

    def test_know_a_login_of_the_system_before_one_of_any(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        make_person("E1")
        make_person("E2")
        make_logins("core", zhang="E1")
        make_logins("any", zhang="E2", li="E2")
        write(place / "a.csv", [line(0), line(1, user="li")])

        take(tmp_path)

        assert [one["actor"] for one in events(tmp_path)] == ["E1", "E2"]

    def test_hold_no_policy_number_in_clear_wherever_it_stood(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, columns=with_columns("ticket", "purpose"))
        number = "PN20200000017788"
        told = line(0, log_id=f"{number}-1", user=f"bot {number}", policy_no=number,
                    ticket=f"T/{number.lower()}", purpose=number)  # fmt: skip
        write(place / "a.csv", [told])

        take(tmp_path)

        (found,) = events(tmp_path)
        assert "17788" not in str(found)
        assert found["policy"].startswith("a")  # a token: the policy isn't here
        assert found["ticket"] == found["purpose"] == found["policy"]
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.parent != place:
                assert b"17788" not in path.read_bytes()

    def test_of_one_number_that_isnt_known_get_one_token(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0, policy_no="PN-1"), line(1, policy_no="pn1")])

        (batch,) = take(tmp_path)

        assert len({one["policy"] for one in events(tmp_path)}) == 1
        assert batch.unknown_policies == 2

    def test_have_actions_by_the_sources_words(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        words = ("open", "Query", "PRINT", "frobnicate", "logon")
        write(place / "a.csv", [line(n, op=word) for n, word in enumerate(words)])

        (batch,) = take(tmp_path)

        assert [one["action"] for one in events(tmp_path)] == ["view", "search", "print", None]
        assert (batch.rows, batch.skipped, batch.unknown_actions) == (5, 1, 1)

    def test_that_are_no_access_need_no_policy(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0, op="logon", policy_no=""), line(1)])

        (batch,) = take(tmp_path)

        assert (batch.added, batch.skipped, batch.rejected) == (1, 1, 0)

    def test_that_cant_be_used_are_listed_by_line_and_reason_and_quoted_nowhere(
        self, tmp_path: Path
    ) -> None:
        place = make_source(tmp_path)
        bad = [line(0), line(1, ts="yesterday"), line(2, user=""), line(3, policy_no=" "),
               line(4, ts="2031-01-01"), line(5, user="x" * 201)]  # fmt: skip
        write(place / "a.csv", bad)

        (batch,) = take(tmp_path)

        assert (batch.rows, batch.added, batch.rejected) == (6, 1, 5)
        assert reasons(tmp_path) == [
            ("3", "unreadable time"), ("4", "no actor"), ("5", "no policy"),
            ("6", "a time more than a day ahead"), ("7", "its actor is longer than 200 characters"),
        ]  # fmt: skip

    def test_lie_in_their_months_sorted_by_policy(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        times = ("2026-11-03", "2025-01-31", "2026-11-01", "2026-08-09 23:59:59.123+08:00")
        write(place / "a.csv", [line(n, ts=at) for n, at in enumerate(times)])

        take(tmp_path)

        found = {path.parent.name: path for path in (tmp_path / "lake").glob("*/*.parquet")}
        assert sorted(found) == ["month=2025-01", "month=2026-08", "month=2026-10", "month=2026-11"]
        for path in found.values():
            held = parquet.read_table(path)["policy"].to_pylist()
            assert held == sorted(held)


class TestTwice:
    def test_the_same_file_adds_nothing(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        path = write(place / "a.csv", [line(n) for n in range(50)])
        take(tmp_path)

        assert take(tmp_path) == []  # it is known, so it isn't read
        (again,) = take(tmp_path, files=[path])

        assert (again.added, again.repeated) == (0, 50)
        assert lake(tmp_path).num_rows == 50

    @pytest.mark.parametrize("with_ids", [True, False])
    def test_overlapping_files_add_what_is_new(self, tmp_path: Path, *, with_ids: bool) -> None:
        columns = (
            with_columns()
            if with_ids
            else {k: v for k, v in with_columns().items() if k != "event"}
        )
        place = make_source(tmp_path, columns=columns)
        write(place / "a.csv", [line(n) for n in range(60)])
        take(tmp_path)
        write(place / "b.csv", [line(n) for n in range(30, 90)])

        (batch,) = take(tmp_path)

        assert (batch.added, batch.repeated) == (30, 30)
        assert len(set(lake(tmp_path)["event"].to_pylist())) == lake(tmp_path).num_rows == 90

    def test_equal_rows_without_an_id_are_as_many_events(self, tmp_path: Path) -> None:
        columns = {k: v for k, v in with_columns().items() if k != "event"}
        place = make_source(tmp_path, columns=columns)
        path = write(place / "a.csv", [line(0), line(0), line(0), line(1)])

        take(tmp_path)
        take(tmp_path, files=[path])

        assert lake(tmp_path).num_rows == 4

    def test_an_id_twice_in_one_file_is_one_event(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0), line(0, ts="2026-11-02 10:00"), line(1)])

        (batch,) = take(tmp_path)

        assert (batch.added, batch.repeated) == (2, 1)

    def test_ids_of_two_sources_are_two(self, tmp_path: Path) -> None:
        for name in ("core", "crm"):
            write(make_source(tmp_path, name) / "a.csv", [line(0)])
            take(tmp_path, name)

        assert len(set(lake(tmp_path)["event"].to_pylist())) == 2

    def test_months_out_of_order_are_each_looked_at(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        old = [line(n, ts=f"2026-0{n % 9 + 1}-15 10:00") for n in range(90)]
        write(place / "b.csv", [line(n) for n in range(100, 130)])
        take(tmp_path)
        write(place / "a.csv", old)
        take(tmp_path)
        write(place / "c.csv", [*old[40:], *(line(n) for n in range(120, 140))])

        (batch,) = take(tmp_path)

        assert (batch.added, batch.repeated) == (10, 60)
        assert lake(tmp_path).num_rows == 130

    def test_a_zone_that_was_wrong_doesnt_make_events_twice(self, tmp_path: Path) -> None:
        place = make_source(tmp_path, timezone="UTC")
        path = write(place / "a.csv", [line(n) for n in range(1440)])  # across a month in Shanghai
        take(tmp_path)
        change_source(name="core", changes={"timezone": "Asia/Shanghai"}, actor=SYSTEM, at=NOON)

        (batch,) = take(tmp_path, files=[path])

        assert (batch.added, batch.repeated) == (0, 1440)

    def test_months_near_are_those_of_two_days_around(self) -> None:
        begin, end = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 30, tzinfo=UTC)

        assert months_near(begin, end) == {"2025-12", "2026-01", "2026-02"}
        assert months_near(begin + timedelta(days=9), begin + timedelta(days=9)) == {"2026-01"}

    def test_a_file_that_grew_gives_what_it_grew_by(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(n) for n in range(10)])
        take(tmp_path)
        write(place / "a.csv", [line(n) for n in range(15)])

        (batch,) = take(tmp_path)

        assert (batch.added, batch.repeated) == (5, 10)


class TestWrittenDown:
    def test_is_one_entry_of_counts_and_digest(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [*(line(n) for n in range(5)), line(6, ts="never")])

        (batch,) = take(tmp_path)

        (entry,) = said("feed.imported")
        assert entry["actor"] == SYSTEM.id
        facts = {name.removeprefix("fact."): value for name, value in entry.items()}
        assert facts["source"] == "core"
        assert [facts[one] for one in ("rows", "added", "rejected")] == [6, 5, 1]
        assert batch.digest.startswith(facts["digest"][1:])

    def test_are_hours_last_event_and_clock(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        ahead = NOON + timedelta(hours=3)
        times = ("2026-11-26T02:10Z", "2026-11-26T02:50Z", "2026-11-26T03:00Z", ahead.isoformat())
        write(place / "a.csv", [line(n, ts=at) for n, at in enumerate(times)])

        (batch,) = take(tmp_path)

        hours = Hour.objects.order_by("hour").values_list("hour", "events")
        assert [(hour.hour, events) for hour, events in hours] == [(2, 2), (3, 1), (7, 1)]
        assert Source.objects.get().last_event_at == datetime(2026, 11, 26, 3, tzinfo=UTC)
        assert (batch.ahead, batch.furthest_ahead) == (1, 3 * 3600)
        assert batch.lag_worst == 110 * 60


class TestWho:
    def test_may_not_import_is_told_so(self, tmp_path: Path) -> None:
        make_source(tmp_path)

        with pytest.raises(NotAllowed):
            import_source(name="core", actor=actor("x", *Role), at=NOON, wires=wires(tmp_path))

    def test_names_no_source_touches_no_place(self, tmp_path: Path) -> None:
        with pytest.raises(NoSuchSource):
            take(tmp_path, "../../etc")

        assert list(tmp_path.glob("lake*")) == []

    def test_comes_second_is_told_to_wait(self, tmp_path: Path) -> None:
        make_source(tmp_path)

        with wires(tmp_path).places.alone("core"), pytest.raises(Busy):
            take(tmp_path)
