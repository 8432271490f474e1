"""What follows from a decision, source by source: when it copied, and what is still to come.

Ties together `copied` (dates), `left` (contacts to come), `rates` (background) and `leaking` (for
the warn list and the next to ask). None of it is evidence: it takes for granted what was decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubao.lake.engine import Engine
from hubao.lake.steps import step
from hubao.trace import rates
from hubao.trace.arrivals import WHOLE_LOG
from hubao.trace.copied import EPOCH, CopiedBetween, copied_between
from hubao.trace.leaking import Source
from hubao.trace.left import Left, attributed, victims_left
from hubao.trace.openings import DAY, Called, Openings, actor_rows, openings
from hubao.trace.reduced import Floats, Ints, Reduced

WEEK = 7 * DAY
DEPARTURES = """
SELECT actor, epoch_us(max(actors.left)) AS gone FROM actors
WHERE actors.left IS NOT NULL GROUP BY actor ORDER BY actor
"""


@dataclass(frozen=True)
class Victims:
    """What is known of the n victims of `Reduced`, besides who saw them.

    Attributes:
        cut: int (n,); microseconds; `arrivals.WHOLE_LOG` where no time is known.
        last_report: microseconds; until when victims could be seen.
        touches: (t, actor, at): first accesses, t a place in 0..n-1; used where the log is an
            index, which does not tell of later ones.
    """

    cut: Ints
    last_report: int
    touches: pa.Table


@dataclass(frozen=True)
class Followed:
    """One source.

    Attributes:
        source: for `copied_rows`, `find_exposed` and `asking`.
        left: contacts still to come from it.
        after_leaving: openings on its account after it had left; None where the log is an index.
    """

    source: Source
    left: Left
    after_leaving: int | None


def follow(
    engine: Engine,
    reduced: Reduced,
    fit: rates.Fit,
    columns: Ints,
    *,
    chance: Floats,
    victims: Victims,
    gone: Mapping[str, int],
    shift: int = 0,
    indexed: bool = False,
) -> list[Followed]:
    """Work out what follows for each of the sources that `fit` holds.

    Args:
        engine: holds `access` and `placed`, unless the log is an index.
        reduced: n victims.
        fit: rates with these sources together; for rival explanations call once for each.
        columns: int (c,); the sources.
        chance: float (c,); chance that each is one.
        victims: times.
        gone: when actors left, of `departures`.
        shift: microseconds by which local time is ahead of UTC, of `ahead_of_utc`.
        indexed: whether the log is an index; then no copy is dated.
    """
    names = [reduced.actors[column] for column in columns]
    rows = None if indexed else actor_rows(engine, names, shift=shift)
    weight = attributed(reduced, fit, columns)
    found = []
    for i, name in enumerate(names):  # a few
        opened = None if rows is None else openings(rows, name, left=gone.get(name))
        copied = None
        if opened is not None:
            called = _called(reduced, fit, columns, i, victims.cut, opened)
            copied = copied_between(opened, called, shift=shift)
        began = _began(reduced, name, victims, opened, copied, shift)
        left = _left(weight[:, i], began, victims, int(reduced.seen[columns[i]]))
        source = Source(
            actor=name,
            chance=float(chance[i]),
            strength=float(fit.strengths[i]),
            left=left.expected,
            copied=copied,
            gone=gone.get(name),
        )
        found.append(Followed(source, left, None if opened is None else opened.after))
    return found


def departures(engine: Engine, *, shift: int = 0) -> dict[str, int]:
    """Actor -> the end of its last day of work, in microseconds; `actors` must be there."""
    rows = engine.fetch(step(DEPARTURES)).to_pylist()
    return {row["actor"]: ((row["gone"] + shift) // DAY + 1) * DAY - shift for row in rows}


def ahead_of_utc(timezone: str, at: datetime) -> int:
    """Microseconds by which a zone is ahead of UTC at a moment, a naive UTC time."""
    offset = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(timezone)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * 1_000_000


def _called(
    reduced: Reduced, fit: rates.Fit, columns: Ints, own: int, cut: Ints, opened: Openings
) -> Called:
    others = np.delete(columns, own)
    strengths = np.delete(fit.strengths, own)
    background = fit.background[reduced.stratum]
    return Called(
        record=opened.numbers(reduced.policies),
        cut=cut,
        stratum=reduced.stratum,
        size=reduced.at_risk,
        seen=background + reduced.touched_by(others) @ strengths,
        alone=background + reduced.share_of(others) @ strengths,
    )


def _began(
    reduced: Reduced,
    name: str,
    victims: Victims,
    opened: Openings | None,
    copied: CopiedBetween | None,
    shift: int,
) -> Ints:
    """int (n,): when each victim's record was last opened by the end of the copy and before its
    contact, in microseconds; the first access over an index; the cut where there is none."""
    if opened is None or copied is None:
        own = victims.touches.filter(pc.equal(victims.touches["actor"], name))
        record, at = own["t"].to_numpy(), own["at"].to_numpy()
        until = victims.cut
    else:
        number = opened.numbers(reduced.policies)
        place = np.full(max(len(opened.policies), 1), -1)
        place[number[number >= 0]] = np.flatnonzero(number >= 0)
        record, at = place[opened.record], opened.at
        end = ((copied.last - EPOCH).days + 1) * DAY - shift
        until = np.minimum(victims.cut, end)
    counts = (record >= 0) & (at < until[record])
    began = np.full(len(victims.cut), -1, dtype=np.int64)
    np.maximum.at(began, record[counts], at[counts])
    return np.where(began < 0, victims.cut, began)


def _left(weight: Floats, began: Ints, victims: Victims, records: int) -> Left:
    timed = victims.cut < WHOLE_LOG
    delay = (victims.cut - began)[timed] / WEEK
    watched = (victims.last_report - began)[timed] / WEEK
    kept = np.clip(weight[timed], 0.0, 1.0) * (began < victims.cut)[timed]
    return victims_left(kept, delay, watched, most=records - float(weight.sum()))


def sources_of(followed: Sequence[Followed]) -> list[Source]:
    """The sources alone, in order."""
    return [one.source for one in followed]
