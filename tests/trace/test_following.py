"""Dates, contacts to come, and the list, over tables as the engine holds them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from hubao.lake.engines.duckdb import DuckDB
from hubao.trace import rates
from hubao.trace.arrivals import WHOLE_LOG
from hubao.trace.exposed import background_contacts, find_exposed, ranked
from hubao.trace.following import (
    Followed,
    Victims,
    ahead_of_utc,
    departures,
    follow,
    sources_of,
)
from hubao.trace.leaking import copied_rows
from hubao.trace.openings import DAY
from hubao.trace.reduced import Ints, Reduced
from tests.makers.copies import RECORDS, STRATA, Copied, a_copy

TIME = pa.timestamp("us")
MADE = a_copy(21, days=60, evenings=2)
ALL = STRATA * RECORDS


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    opened = MADE.opened
    with DuckDB(threads=1) as engine:
        engine.load(
            "access",
            pa.table(
                {
                    "actor": ["x"] * len(opened.at),
                    "policy": [opened.policies[r] for r in opened.record],
                    "at": pa.array(opened.at).cast(TIME),
                }
            ),
        )
        names = [str(i) for i in range(ALL)]
        engine.load("placed", pa.table({"policy": names, "stratum": np.arange(ALL) // RECORDS}))
        engine.load("victims", pa.table({"policy": names_of(MADE)}))
        yield engine


def names_of(made: Copied) -> list[str]:
    """The victims' names; those the actor never opened are records of the last stratum."""
    unopened = iter(range(ALL - 1, 0, -1))
    return [made.opened.policies[r] if r >= 0 else str(next(unopened)) for r in made.called.record]


def reduced() -> Reduced:
    called, count = MADE.called, len(MADE.called.cut)
    touched = (called.record >= 0)[:, None]
    return Reduced(
        actors=["x"],
        family=50,
        records=ALL,
        policies=names_of(MADE),
        batch=np.arange(count),
        stratum=called.stratum,
        stratum_records=np.full(STRATA, RECORDS),
        stratum_labels=["0", "1", "2"],
        stratum_codes=np.arange(STRATA)[:, None],
        at_risk=np.full(count, RECORDS),
        touched=sparse.csc_array(touched),
        share=sparse.csc_array(np.full((count, 1), 0.1)),
        seen=np.array([len(MADE.opened.policies)]),
    )


def followed(engine: DuckDB, cut: Ints | None = None, **options: bool) -> Followed:
    small, column = reduced(), np.array([0])
    cut = MADE.called.cut if cut is None else cut
    first = np.flatnonzero(MADE.called.record >= 0)
    touches = pa.table({"t": first, "actor": ["x"] * len(first), "at": np.full(len(first), DAY)})
    known = Victims(cut, int(cut[cut < WHOLE_LOG].max()), touches)
    fit = rates.fit(small, column, np.array([10.0]))
    chance = np.array([0.9])
    found = follow(engine, small, fit, column, chance=chance, victims=known, gone={}, **options)
    return found[0]


class TestFollow:
    def test_dates_the_copy_and_reckons_what_is_left(self, engine: DuckDB) -> None:
        found = followed(engine)

        copied = found.source.copied
        assert copied is not None
        assert (copied.first, copied.last) == (
            date(1970, 1, 1) + timedelta(days=MADE.first),
            date(1970, 1, 1) + timedelta(days=MADE.last),
        )
        assert found.after_leaving == 0
        assert found.left.low <= found.left.expected == found.source.left <= found.left.high
        assert 5 < found.left.weeks < 20  # drawn with ten on the mean

    def test_dates_nothing_over_an_index(self, engine: DuckDB) -> None:
        found = followed(engine, indexed=True)

        assert found.source.copied is None
        assert found.after_leaving is None
        assert found.left.expected > 0

    def test_bears_victims_without_any_time(self, engine: DuckDB) -> None:
        cut = MADE.called.cut.copy()
        cut[3] = WHOLE_LOG

        found = followed(engine, cut)

        assert found.source.copied is not None
        assert found.left.weeks < 30

    def test_makes_a_list_headed_by_what_was_copied_and_is_left(self, engine: DuckDB) -> None:
        found = followed(engine)
        small = reduced()
        fit = rates.fit(small, np.array([0]), np.array([10.0]))

        copied_rows(engine, sources_of([found]), last=int(MADE.called.cut.max()))
        rows = find_exposed(engine, sources_of([found]), background_contacts(small, fit))
        head = ranked(engine, count=150)

        assert rows == ALL - len(set(names_of(MADE)))
        nights = np.isin(MADE.opened.at // DAY, (MADE.first, MADE.last))
        evening = {MADE.opened.policies[r] for r in MADE.opened.record[nights]}
        assert set(head["policy"].to_pylist()) <= evening
        assert set(head["why"].to_pylist()) == {"source"}


class TestDepartures:
    def test_are_at_the_end_of_the_last_local_day(self) -> None:
        hours_8 = 8 * DAY // 24
        midnight = 100 * DAY - hours_8  # local midnight, as UTC

        with DuckDB(threads=1) as engine:
            left = pa.array([midnight, midnight + DAY // 2, None]).cast(TIME)
            engine.load("actors", pa.table({"actor": ["a", "b", "c"], "left": left}))
            found = departures(engine, shift=hours_8)

        assert found == {"a": midnight + DAY, "b": midnight + DAY}


class TestAheadOfUtc:
    def test_is_what_the_zone_says(self) -> None:
        summer = datetime(2025, 7, 1, tzinfo=UTC).replace(tzinfo=None)

        assert ahead_of_utc("Asia/Shanghai", summer) == 8 * DAY // 24
        assert ahead_of_utc("America/New_York", summer) == -4 * DAY // 24
        assert ahead_of_utc("UTC", summer) == 0
