"""Sources: settings that hold together, names that stay their own, and a word in the ledger."""

from pathlib import Path
from typing import Any

import pytest

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.operations.sources import add_source, change_source, remove_source
from hubao.desk.feeds.rules import BadSource, NameTaken, NoSuchSource, Terms, Way
from tests.makers.desk import NOON, SYSTEM, actor, make_branches, said
from tests.makers.feeds import line, make_source, take, write

FILES = Terms(kind=Way.FOLDER, place="/srv/core")


@pytest.fixture(autouse=True)
def _branches(database: str) -> None:
    del database
    make_branches()


def add(name: str = "core", terms: Terms = FILES) -> None:
    add_source(name=name, terms=terms, actor=SYSTEM, at=NOON)


class TestAdd:
    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("Core", {}),
            ("../x", {}),
            ("desk", {}),
            ("a" * 41, {}),
            ("core", {"place": ""}),
            ("core", {"kind": Way.PUSH}),
            ("core", {"kind": Way.PUSH, "place": ""}),
            ("core", {"client": "crm"}),
            ("core", {"timezone": "Mars/Base"}),
            ("core", {"columns": {"phone": "tel"}}),
            ("core", {"actions": {"open": "look"}}),
            ("core", {"system": "cli"}),
            ("core", {"system": "a:b"}),
            ("core", {"place": "core"}),
            ("core", {"place": "/srv/core/../../etc"}),
            ("core", {"place": "/" + "a" * 244}),
            ("core", {"every": 0}),
            ("core", {"every": 10**10}),
            ("core", {"silent_after": 366 * 24 * 60 + 1}),
        ],
    )
    def test_refuses_what_could_not_be_taken_in(self, name: str, changes: dict[str, Any]) -> None:
        terms = Terms(**(vars(FILES) | changes))

        with pytest.raises(BadSource):
            add(name, terms)

        assert not Source.objects.exists()

    def test_takes_a_name_once(self) -> None:
        add()

        with pytest.raises(NameTaken):
            add()

    def test_stands_in_the_ledger_by_name(self) -> None:
        add()

        (entry,) = said("feed.source_added")
        assert entry["fact.source"] == "core"
        assert "/srv" not in str(entry)

    def test_needs_the_permission(self) -> None:
        with pytest.raises(NotAllowed):
            add_source(name="core", terms=FILES, actor=actor("x", Role.OPERATIONS), at=NOON)


class TestChange:
    def test_keeps_what_isnt_said(self) -> None:
        add()

        terms = change_source(name="core", changes={"every": 5}, actor=SYSTEM, at=NOON)

        assert (terms.every, terms.place, terms.system) == (5, "/srv/core", "core")
        assert said("feed.source_changed")[0]["fact.changed"] == ["every"]

    def test_takes_words_in_any_case(self) -> None:
        add(terms=Terms(**(vars(FILES) | {"actions": {"Open": "view"}})))

        terms = change_source(
            name="core", changes={"actions": {"PRÜFT": "view"}}, actor=SYSTEM, at=NOON
        )

        assert terms.actions == {"prüft": "view"}
        assert Source.objects.get().actions == {"prüft": "view"}

    def test_keeps_the_system_once_events_are_there(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        other = {"changes": {"system": "other"}, "actor": SYSTEM, "at": NOON}
        change_source(name="core", **other)  # type: ignore[arg-type]
        write(place / "a.csv", [line(0)])
        take(tmp_path)

        with pytest.raises(BadSource, match="has events under the system other"):
            change_source(name="core", changes={"system": "core"}, actor=SYSTEM, at=NOON)

        remove_source(name="core", actor=SYSTEM, at=NOON)
        with pytest.raises(BadSource, match="has events under the system other"):
            add()

    def test_checks_the_whole(self) -> None:
        add()

        with pytest.raises(BadSource):
            change_source(name="core", changes={"client": "crm"}, actor=SYSTEM, at=NOON)


class TestRemove:
    def test_keeps_events_and_the_name_with_them(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        path = write(place / "a.csv", [line(n) for n in range(5)])
        take(tmp_path)

        remove_source(name="core", actor=SYSTEM, at=NOON)
        with pytest.raises(NoSuchSource):
            take(tmp_path)
        terms = Terms(kind=Way.FOLDER, place=str(place), columns={
            "event": "log_id", "at": "ts", "actor": "user", "policy": "policy_no"})  # fmt: skip
        add("core", terms)
        (batch,) = take(tmp_path, files=[path])

        assert (batch.number, batch.added, batch.repeated) == (2, 0, 5)
