"""Times as people write them, to UTC, inside the engine."""

from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.engines.failed import EngineFailed
from hubao.lake.steps import expression, step

# Years are held to 1000-2999 and 9999 ("never" in many staff lists), so that a wrong format, a zero
# date or a number is refused instead of becoming some time.
_YEAR = r"([12]\d{3}|9999)"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_ISO = rf"{_YEAR}(-\d{{1,2}}-|/\d{{1,2}}/)\d{{1,2}}([T ]{_CLOCK})?"
_ZONED = rf"{_YEAR}(-\d{{1,2}}-|/\d{{1,2}}/)\d{{1,2}}[T ]{_CLOCK} ?([Zz]|[+-][01]\d(:?[0-5]\d)?)"
_DAY = rf"{_YEAR}\d{{4}}"
_SECOND = rf"{_YEAR}\d{{10}}"
_CHINESE = rf"{_YEAR}年\d{{1,2}}月\d{{1,2}}日 *({_CLOCK}|\d{{1,2}}时\d{{1,2}}分(\d{{1,2}}秒)?)?"

_LAST = "TIMESTAMP '9999-12-31 23:59:59.999999'"
_RANGE = f"BETWEEN TIMESTAMP '1000-01-01 00:00:00' AND {_LAST}"  # guards the zone arithmetic
# Not least(): it would make the last moment of every text that is no time.
_CAPPED = f"CASE WHEN utc_ > {_LAST} THEN {_LAST} ELSE utc_ END"
_LOCAL = _CAPPED.replace("utc_", "make_timestamp(epoch_us(timezone($timezone, moment_)))")
_INSTANT = _CAPPED.replace("utc_", "make_timestamp(epoch_us(moment_))")
_NUMERALS = (
    "rtrim(replace(replace(replace(replace(replace(replace("
    "text_, '年', '-'), '月', '-'), '日', ' '), '时', ':'), '分', ':'), '秒', ''), ': ')"
)


def check_timezone(engine: Engine, timezone: str) -> None:
    """Make sure that the engine knows a zone.

    Raises:
        BadInput: it does not.
    """
    query = step("SELECT timezone($timezone, TIMESTAMP '2000-01-01 00:00:00') AS moment")
    try:
        engine.fetch(query, {"timezone": timezone})
    except EngineFailed:
        raise BadInput(
            f"There is no time zone '{timezone}': use a name such as Asia/Shanghai or UTC."
        ) from None


def utc_of_text(text: exp.Expression) -> exp.Expression:
    """Syntax that reads a trimmed text as a time: TIMESTAMP in UTC, null where it is none.

    ISO 8601 with T or a space, seconds and fractions optional, a zone optional; the same with
    slashes; 20150304, 20150304120000; 2015年3月4日 with a clock or 12时30分. A day alone is its
    midnight. Without a zone it is local time in `$timezone`.
    """
    readings = [
        (_ISO, _local("TRY_CAST(text_ AS TIMESTAMP)")),
        (_ZONED, _instant("TRY_CAST(regexp_replace(text_, ' ([zZ+-])', '\\1') AS TIMESTAMPTZ)")),
        (_SECOND, _local("TRY(strptime(text_, '%Y%m%d%H%M%S'))")),
        (_DAY, _local("TRY(strptime(text_, '%Y%m%d'))")),
        (_CHINESE, _local(f"TRY_CAST({_NUMERALS} AS TIMESTAMP)")),
    ]
    chosen = exp.Case()
    for pattern, reading in readings:
        matches = f"regexp_full_match(text_, '{pattern}')"
        chosen = chosen.when(
            expression(matches, columns={"text_": text}), _put(reading, "text_", text), copy=False
        )
    return chosen


def utc_of_local(moment: exp.Expression) -> exp.Expression:
    """Syntax from a TIMESTAMP without zone, or a DATE, to UTC; null where it is out of range."""
    guarded = f"CASE WHEN TRY_CAST(moment_ AS TIMESTAMP) {_RANGE} THEN {_LOCAL} END"
    as_timestamp = expression("TRY_CAST(moment_ AS TIMESTAMP)", columns={"moment_": moment})
    return expression(guarded, columns={"moment_": as_timestamp})


def utc_of_instant(moment: exp.Expression) -> exp.Expression:
    """Syntax from a TIMESTAMP WITH TIME ZONE to UTC; null where it is out of range."""
    plain = "make_timestamp(epoch_us(moment_))"
    template = f"CASE WHEN isfinite(moment_) AND {plain} {_RANGE} THEN {plain} END"
    # pandas writes nanoseconds, a type for which DuckDB lacks these functions.
    in_micros = expression("TRY_CAST(moment_ AS TIMESTAMPTZ)", columns={"moment_": moment})
    return expression(template, columns={"moment_": in_micros})


def _local(moment: str) -> exp.Expression:
    return expression(_LOCAL, columns={"moment_": expression(moment)})


def _instant(moment: str) -> exp.Expression:
    return expression(_INSTANT, columns={"moment_": expression(moment)})


def _put(syntax: exp.Expression, name: str, what: exp.Expression) -> exp.Expression:
    for column in [c for c in syntax.find_all(exp.Column) if c.name == name]:
        column.replace(what.copy())
    return syntax
