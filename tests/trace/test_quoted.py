"""What the callers knew: an access that did not show it can't have been where it came from."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.trace import Report
from hubao.trace.analyse import NoVictims, reduce
from hubao.trace.arrivals import Arrivals, arrivals
from hubao.trace.reduce import Log
from hubao.trace.reduced import Reduced
from tests.makers.logs import DAY, ORIGIN, Access, Call, World, book, loners, telling_world, traced
from tests.trace import slow
from tests.trace.figures import assert_same

TEXTS = [None, "C1", "C2", "C2;C3", "C3 C1 C2"]
QUOTES = [None, None, "C1", "C2", "C3;C2", "C9"]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    with DuckDB(memory_limit="500MB", threads=1) as made:
        yield made


def read(engine: DuckDB, world: World) -> tuple[Log, Arrivals]:
    """What the readers would leave in the engine, without reading."""
    rows = [one for one in world.accesses if one.action != "denied"]
    at = [round((ORIGIN + one.at) * 1e6) for one in rows]
    engine.load(
        "access",
        pa.table(
            {
                "actor": [one.actor for one in rows],
                "policy": [one.policy for one in rows],
                "at": pa.array(at, pa.int64()).cast(pa.timestamp("us")),
                "fields": pa.array([one.fields for one in rows], pa.string()),
            }
        ),
    )
    lines = pa.array(range(2, len(world.calls) + 2), pa.int64())
    victims = world.victims_table().append_column("line", lines)
    engine.load("victims", victims)
    engine.load("policies", world.policies_table())
    log = Log(engine, columns=["branch"], asked=["branch"], fields=True)
    return log, arrivals(victims, log.suspected(), log.listed())


def reduced(engine: DuckDB, world: World) -> Reduced:
    log, found = read(engine, world)
    return reduce(log, found)[0]


def assert_counted_alike(small: Reduced, counted: slow.Dense) -> None:
    columns = [counted.actors.index(name) for name in small.actors]
    assert list(small.policies) == [one.policy for one in counted.victims]
    assert sorted(columns) == np.flatnonzero(counted.touched.any(axis=0)).tolist()
    assert (small.touched.toarray() == (counted.touched[:, columns] > 0)).all()
    assert small.share.toarray() == pytest.approx(counted.share[:, columns], abs=1e-12)
    assert small.seen.tolist() == counted.seen[columns].tolist()


records = st.integers(0, 5).map("P{}".format)
accesses = st.builds(
    Access, st.sampled_from(["a", "b", "c"]), records, st.integers(0, 9).map(float),
    st.just("view"), st.sampled_from(TEXTS),
)  # fmt: skip
calls = st.builds(
    Call, records, st.none() | st.integers(0, 9).map(float), st.none() | st.just(20.0), st.none(),
    st.sampled_from([None, 0.5, 0.0]), st.sampled_from(QUOTES),
)  # fmt: skip


class TestEngineAndLoopsAgree:
    @settings(
        max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(accesses, min_size=1, max_size=25), st.lists(calls, min_size=1, max_size=7))
    def test_on_any_small_log(
        self, engine: DuckDB, accesses: list[Access], calls: list[Call]
    ) -> None:
        rows = {f"P{i}": {"branch": "x"} for i in range(6)}
        world = World(accesses, [*calls, Call("P5", 30.0, 31.0)], rows)

        small = reduced(engine, world)

        assert_counted_alike(small, slow.dense(world))

    def test_on_a_log_with_everything_in_it(self, engine: DuckDB) -> None:
        world = telling_world(5)
        world = world.but(
            accesses=[one for one in world.accesses if one.action.lower() != "denied"]
        )

        small = reduced(engine, world)

        assert_counted_alike(small, slow.dense(world))
        assert len(read(engine, world)[1].asks) > 4


def two_actors() -> World:
    """Of ten records `clerk` saw four with the bank account, `desk` eight without; P0 is called."""
    shown = [Access("clerk", f"P0000{i}", 1.0 * DAY, "view", "C1;C2") for i in range(4)]
    bare = [Access("desk", f"P0000{i}", 1.0 * DAY, "view", "C2") for i in range(8)]
    again = [Access("desk", "P00003", 3.0 * DAY, "view", "C1")]
    call = Call("P00000", 5.0 * DAY, 6.0 * DAY, quoted="C1")
    return World([*shown, *bare, *again], [call], book(("north", 10)))


class TestByHand:
    def test_an_access_that_did_not_list_what_was_quoted_exposes_nothing(
        self, engine: DuckDB
    ) -> None:
        small = reduced(engine, two_actors())

        assert list(small.actors) == ["clerk"]
        assert small.share.toarray().tolist() == [[0.4]]

    def test_without_the_quote_it_does(self, engine: DuckDB) -> None:
        world = two_actors()

        small = reduced(engine, world.but(calls=[world.calls[0]._replace(quoted=None)]))

        assert list(small.actors) == ["clerk", "desk"]
        assert small.share.toarray().tolist() == [[0.4, 0.8]]

    def test_of_the_records_compared_with_those_shown_alike_count(self, engine: DuckDB) -> None:
        """`desk` saw C1 of P3 alone, so that chance would have had it touch one victim in ten."""
        world = two_actors()

        small = reduced(engine, world.but(calls=[world.calls[0]._replace(policy="P00003")]))

        assert list(small.actors) == ["clerk", "desk"]
        assert small.share.toarray().tolist() == [[0.4, 0.1]]

    def test_earlier_victims_leave_the_records_at_risk_whatever_their_callers_knew(
        self, engine: DuckDB
    ) -> None:
        world = two_actors()
        first = Call("P00001", 4.0 * DAY, 4.5 * DAY)  # nothing quoted: both had seen it

        small = reduced(engine, world.but(calls=[first, *world.calls]))

        clerk, desk = small.share.toarray().T
        assert clerk.tolist() == pytest.approx([4 / 10, 3 / 9])
        assert desk.tolist() == pytest.approx([8 / 10, 1 / 9])
        assert small.touched.toarray().tolist() == [[True, True], [True, False]]

    def test_unknown_fields_may_have_been_shown(self, engine: DuckDB) -> None:
        world = two_actors()
        rows = [one._replace(fields=None) if one.actor == "desk" else one for one in world.accesses]

        small = reduced(engine, world.but(accesses=rows))

        assert small.share.toarray().tolist() == [[0.4, 0.8]]


def told() -> World:
    """A source who showed itself C1 of all, others C3 alone, and callers who quote C1."""
    small = loners(17, sources={4: 9}, noise=9, actors=16, records=400)
    world = small.world()
    rows = [
        one._replace(fields="C1;C3" if one.actor == "agent-004" else "C3") for one in world.accesses
    ]
    calls = [one._replace(quoted="C1") for one in world.calls]
    return world.but(accesses=rows, calls=calls)


class TestReport:
    def plain(self) -> Report:
        world = told()
        return traced(world.but(calls=[one._replace(quoted=None) for one in world.calls]))

    def test_suspects_none_but_those_who_could_know(self) -> None:
        found = traced(told())

        assert [one.actor for one in found.suspects] == ["agent-004"]
        assert found.family == self.plain().family

    def test_says_the_same_where_no_access_lists_anything(self) -> None:
        world = told()
        silent = world.but(accesses=[one._replace(fields=None) for one in world.accesses])

        assert_same(self.plain(), traced(silent), but=["cautions"])

    def test_says_the_same_where_only_unknown_fields_are_quoted(self) -> None:
        world = told()
        odd = world.but(calls=[one._replace(quoted="hair") for one in world.calls])

        assert_same(self.plain(), traced(odd), but=["cautions"])

    def test_says_the_same_for_lists_as_for_text(self) -> None:
        world = told()
        table = world.access_table()
        lists = pa.array([(one.fields or "").split(";") for one in world.accesses])
        place = table.column_names.index("fields")

        found = traced(world, access=[table.set_column(place, "fields", lists)])

        assert_same(traced(world), found)

    def test_victims_that_are_certain_to_be_none_are_left_out(self) -> None:
        world = told()
        more = [Call(f"P{i:05d}", 50.0 * DAY, 41.5 * DAY, confidence=0.0) for i in range(300, 310)]

        found = traced(world.but(calls=[*world.calls, *more]))

        assert_same(traced(world), found, but=["victims", "cautions"])

    def test_needs_a_victim_that_is_left(self) -> None:
        world = told()

        with pytest.raises(NoVictims, match="confidence of 0") as refused:
            traced(world.but(calls=[one._replace(confidence=0.0) for one in world.calls]))

        assert isinstance(refused.value, BadInput)
