"""The accounts of one person are one actor, in a log and in an index, before anything counts."""

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from hubao.kit.errors import BadInput
from hubao.lake.inputs import Role
from hubao.trace import Report, trace
from hubao.trace.index import build_index
from tests.makers.logs import DAY, Access, Call, World, access_table, loners, traced
from tests.trace.figures import assert_same, assert_same_evidence

SOURCE = "agent-002"
LOGINS = {"L1": SOURCE, "L2": SOURCE, "L3": "agent-005"}


@cache
def joined() -> World:
    """Every person under one name."""
    return loners(31, sources={2: 14}, noise=10, actors=14, records=400).world()


@cache
def apart() -> World:
    """The source works under its own name and two logins by turns, another under one login."""
    names = {SOURCE: [SOURCE, "L1", "L2"], "agent-005": ["L3"]}
    rows = []
    for i, one in enumerate(joined().accesses):
        own = names.get(one.actor, [one.actor])
        rows.append(one._replace(actor=own[i % len(own)]))
        if one.actor == SOURCE:  # opened again, later, under another name
            rows.append(one._replace(actor=own[(i + 1) % 3], at=one.at + 3_600.0))
    return joined().but(accesses=rows)


def identities(logins: dict[str, str] | None = None) -> "pa.Table":
    given = LOGINS if logins is None else logins
    return pa.table({"login": list(given), "actor": list(given.values())})


def asked_because(name: str) -> World:
    mark = [Call(f"P{i:05d}", 50.0 * DAY, 60.0 * DAY, asked_because=name) for i in range(390, 396)]
    return apart().but(calls=[*apart().calls, *mark])


def indexed(world: World, out: Path, logins: "pa.Table | None") -> Path:
    build_index(
        [world.access_table()], out=out, policies=world.policies_table(), strata=["branch"],
        identities=logins,
    )  # fmt: skip
    return out


def answered(world: World, out: Path) -> Report:
    return trace(victims=world.victims_table(), index=out)


class TestALog:
    def test_is_counted_by_person(self) -> None:
        found = traced(apart(), identities=identities())

        assert_same(traced(joined()), found)
        assert found.family == 14
        assert found.named == [[SOURCE]]

    def test_is_counted_by_login_without_the_table(self) -> None:
        assert traced(apart()).family == 16

    def test_names_the_table_among_the_inputs(self) -> None:
        found = traced(apart(), identities=identities())

        assert [(one.role, one.rows) for one in found.inputs if one.path == "<identities>"] == [
            (Role.IDENTITIES, 3)
        ]

    def test_leaves_out_victims_asked_because_of_a_login(self) -> None:
        by_login, by_name = (
            traced(asked_because(name), identities=identities()) for name in ("L2", SOURCE)
        )

        assert by_login.victims.chosen == 6
        assert_same(by_name, by_login)
        assert traced(asked_because("L9"), identities=identities()).victims.chosen == 0

    def test_takes_rows_said_twice_and_logins_that_never_worked(self) -> None:
        rows = pa.concat_tables([identities(), identities({"L1": SOURCE, "L8": "agent-008"})])

        assert_same(traced(joined()), traced(apart(), identities=rows))


class TestAnIndex:
    def test_answers_as_the_log(self, tmp_path: Path) -> None:
        out = indexed(asked_because("L2"), tmp_path / "i", identities())

        expected = traced(asked_because("L2"), identities=identities())
        assert_same_evidence(expected, answered(asked_because("L2"), out))

    @pytest.mark.parametrize("again", [None, LOGINS, {"L2": SOURCE, "L7": "agent-007"}])
    def test_joins_what_is_added_later_by_what_it_knows(
        self, again: dict[str, str] | None, tmp_path: Path
    ) -> None:
        rows = list(apart().accesses)
        out = indexed(apart().but(accesses=rows[::2]), tmp_path / "i", identities())

        build_index([access_table(rows[1::2])], out=out,
                    identities=None if again is None else identities(again))  # fmt: skip

        assert_same_evidence(traced(joined()), answered(apart(), out))

    def test_learns_logins_that_came_later(self, tmp_path: Path) -> None:
        rows = apart().accesses
        first = [one for one in rows if not one.actor.startswith("L")]
        rest = [one for one in rows if one.actor.startswith("L")]
        out = indexed(apart().but(accesses=first), tmp_path / "i", None)

        build_index([access_table(rest)], out=out, identities=identities())

        assert_same_evidence(traced(joined()), answered(apart(), out))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"L1": "agent-003"},  # another's
            {"L1": "L1"},  # its own
            {"agent-001": "agent-003"},  # counted as an actor already
            {SOURCE: "agent-003"},  # whose logins were joined
            {"L9": "L3"},  # a login named as actor
        ],
    )
    def test_refuses_what_it_has_counted_otherwise(
        self, wrong: dict[str, str], tmp_path: Path
    ) -> None:
        out = indexed(apart(), tmp_path / "i", identities())
        more = access_table([Access("L9", "P00001", 90.0 * DAY)])

        with pytest.raises(BadInput, match=r"<identities> line 2 names .* under another name"):
            build_index([more], out=out, identities=identities({"L9": "agent-009", **wrong}
                        if "L9" not in wrong else {"L8": "agent-009", **wrong}))  # fmt: skip

    def test_needs_no_table_beside_it(self, tmp_path: Path) -> None:
        out = indexed(apart(), tmp_path / "i", identities())

        with pytest.raises(BadInput, match=r"leave --identities out"):
            trace(victims=apart().victims_table(), index=out, identities=identities())


class TestATable:
    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([("L1", "a"), ("L2", "b"), ("L1", "c")], "line 4 gives the login of line 2"),
            ([("L1", "a"), ("L2", "L1")], "line 3 names as actor what line 2 has"),
            ([("L1", "a"), ("a", "b")], "line 2 names as actor what line 3 has"),
        ],
    )
    def test_that_leaves_open_whose_a_login_is_is_refused(
        self, rows: list[tuple[str, str]], said: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "accounts.csv"
        path.write_text("login,actor\n" + "".join(f"{a},{b}\n" for a, b in rows))

        with pytest.raises(BadInput) as refused:
            traced(apart(), identities=path)

        assert refused.value.message.startswith(f"{path} {said}")

    def test_may_name_an_actor_as_its_own_login(self) -> None:
        own = LOGINS | {SOURCE: SOURCE, "agent-001": "agent-001"}

        assert_same_evidence(traced(joined()), traced(apart(), identities=identities(own)))
