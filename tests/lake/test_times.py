from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import step
from hubao.lake.times import check_timezone, utc_of_text

NOON_IN_SHANGHAI = "2015-03-04 04:00:00"
MIDNIGHT_IN_SHANGHAI = "2015-03-03 16:00:00"


def read(engine: DuckDB, text: str, timezone: str = "Asia/Shanghai") -> str | None:
    query = step(
        "SELECT CAST(x_ AS VARCHAR) AS t FROM (SELECT $text AS text)",
        columns={"x_": utc_of_text(exp.column("text"))},
    )
    found: str | None = engine.fetch(query, {"text": text, "timezone": timezone})["t"][0].as_py()
    return found


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-04 12:00:00",
        "2015-03-04T12:00:00",
        "2015-03-04 12:00",
        "2015/3/4 12:00",
        "2015/03/04 12:00:00",
        "2015-3-4 12:00:00.000",
        "20150304120000",
        "2015年3月4日 12:00",
        "2015年03月04日12:00:00",
        "2015年3月4日 12时00分",
        "2015年3月4日12时0分0秒",
        "2015-03-04T04:00:00Z",
        "2015-03-04t04:00:00z".upper(),
        "2015-03-04 04:00:00 Z",
        "2015-03-04T06:00:00+02:00",
        "2015-03-04T12:00:00.000000+0800",
        "2015-03-04 12:00:00 +08:00",
        "2015-03-04 00:30:00-03:30",
        "2015/3/4 12:00+08",
    ],
)
def test_a_time_is_read_in_every_usual_form(engine: DuckDB, text: str) -> None:
    assert read(engine, text) == NOON_IN_SHANGHAI


@pytest.mark.parametrize("text", ["2015-03-04", "2015/3/4", "20150304", "2015年3月4日"])
def test_a_day_alone_is_its_local_midnight(engine: DuckDB, text: str) -> None:
    assert read(engine, text) == MIDNIGHT_IN_SHANGHAI


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2015-02-30",
        "2015-03-04 25:00:00",
        "04.03.2015",
        "3/4/2015",
        "0000-00-00 00:00:00",
        "0001-01-01",
        "1425441600",
        "42067.5",
        "infinity",
        "epoch",
        "2015-03-04 12:00:00 Asia/Shanghai",
        "2015-03-04T12:00:00+99:99",
        "2015-03-04 12:00:00; DROP TABLE access",
        "20151332",
        "2015年13月40日",
        "",
    ],
)
def test_anything_else_is_no_time(engine: DuckDB, text: str) -> None:
    assert read(engine, text) is None


def test_fractions_are_kept_to_the_microsecond(engine: DuckDB) -> None:
    assert read(engine, "2015-03-04T04:00:00.123456789Z") == "2015-03-04 04:00:00.123456"


@pytest.mark.parametrize(
    ("timezone", "text", "meant"),
    [
        ("UTC", "2015-07-01 12:00:00", "2015-07-01 12:00:00"),
        ("Asia/Kolkata", "2015-07-01 12:00:00", "2015-07-01 06:30:00"),
        ("Europe/Berlin", "2015-01-01 12:00:00", "2015-01-01 11:00:00"),
        ("Europe/Berlin", "2015-07-01 12:00:00", "2015-07-01 10:00:00"),
        ("Asia/Shanghai", "1988-07-01 12:00:00", "1988-07-01 03:00:00"),  # it had summer time then
    ],
)
def test_a_time_without_zone_is_local(engine: DuckDB, timezone: str, text: str, meant: str) -> None:
    assert read(engine, text, timezone) == meant


@pytest.mark.parametrize("timezone", ["UTC", "America/Los_Angeles", "Asia/Shanghai"])
def test_never_stays_a_time_that_python_can_hold(engine: DuckDB, timezone: str) -> None:
    found = read(engine, "9999-12-31 23:59:59", timezone)

    assert found is not None
    assert datetime.fromisoformat(found).year == 9999


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)  # texts leave no trace in it
@given(st.lists(st.text(alphabet="0123456789-/: TZ+.年月日时分秒", max_size=30), min_size=20))
def test_no_text_makes_it_fail(engine: DuckDB, texts: list[str]) -> None:
    engine.load("texts", pa.table({"text": texts}))
    query = step("SELECT x_ AS t FROM texts", columns={"x_": utc_of_text(exp.column("text"))})

    found = engine.fetch(query, {"timezone": "Asia/Shanghai"})["t"].to_pylist()

    assert all(one is None or one.year >= 999 for one in found)


@pytest.mark.parametrize("timezone", ["Asia/Atlantis", "", "'; DROP TABLE access"])
def test_an_unknown_zone_is_refused(engine: DuckDB, timezone: str) -> None:
    with pytest.raises(BadInput, match="no time zone"):
        check_timezone(engine, timezone)
