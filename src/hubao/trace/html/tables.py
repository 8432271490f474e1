"""The tables of the page, as text ready to be set: suspects, and the data under each picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hubao.trace import reading, words
from hubao.trace.html.charts import drawn_lines, drawn_rows, ranks
from hubao.trace.report import Report, Suspect
from hubao.trace.words import count, decimal, g_star, percent, say, shown

FIRST_ROWS: Final = 15  # rows of a long table in sight; the rest unfold
MOST_ROWS: Final = 100
VICTIMS_SHOWN: Final = 500
_CURVE_ROWS: Final = 12


@dataclass(frozen=True)
class Table:
    """Headings and rows of text; `texts` are the columns that hold words, the rest are numbers."""

    head: list[str]
    rows: list[list[str]]
    texts: frozenset[int] = frozenset({0})
    cut: str = ""
    strong: frozenset[int] = frozenset()

    def first(self) -> "Table":
        """The rows in sight."""
        return replace(self, rows=self.rows[:FIRST_ROWS])

    def rest(self) -> "Table":
        """The rows that unfold; `strong` counts from their own first."""
        strong = frozenset(row - FIRST_ROWS for row in self.strong if row >= FIRST_ROWS)
        return replace(self, rows=self.rows[FIRST_ROWS:], strong=strong)


def suspects(report: Report, lang: str) -> Table:
    """Every column of the best hundred suspects; columns that nobody has are left out."""
    columns = _columns(report, lang)
    shown_rows = report.suspects[:MOST_ROWS]
    rows = [
        [count(rank), *(cell(suspect) for _, cell in columns)]
        for rank, suspect in enumerate(shown_rows, start=1)
    ]
    named = reading.named_actors(report)
    more = len(report.suspects) - MOST_ROWS
    return Table(
        head=[say("column.rank", lang), *(say(f"column.{key}", lang) for key, _ in columns)],
        rows=rows,
        texts=frozenset({1, 2}),
        cut=say("suspects.more", lang, count=more) if more > 0 else "",
        strong=frozenset(i for i, suspect in enumerate(shown_rows) if suspect.actor in named),
    )


def _columns(report: Report, lang: str) -> list[tuple[str, Callable[[Suspect], str]]]:
    named = reading.named_actors(report)
    every: list[tuple[str, Callable[[Suspect], str], bool]] = [
        ("actor", lambda s: shown(s.actor), True),
        ("reading", lambda s: words.explanation(report, s, lang), True),
        ("seen", lambda s: count(s.victims_touched), True),
        ("expected", lambda s: decimal(s.victims_expected, 1), True),
        ("evidence", lambda s: decimal(s.log10_e_value), True),
        ("given", lambda s: decimal(s.log10_given_named), _any(report, "log10_given_named")),
        ("strong", lambda s: _strong(s, named, lang), _any(report, "log10_strong_e_value")),
        ("posterior", lambda s: percent(s.posterior), True),
        ("share", lambda s: percent(s.share), True),
        ("exposure", lambda s: percent(s.exposure), True),
        ("g_star", lambda s: g_star(s.g_star), True),
        ("copied", _copied, _any(report, "copied_between")),
        ("left", _left, _any(report, "expected_victims_left")),
    ]  # fmt: skip
    return [(key, cell) for key, cell, present in every if present]


def _any(report: Report, field: str) -> bool:
    return any(getattr(suspect, field) is not None for suspect in report.suspects)


def _copied(suspect: Suspect) -> str:
    return " – ".join(suspect.copied_between or ("",))


def _left(suspect: Suspect) -> str:
    return decimal(suspect.expected_victims_left, 0)


def _strong(suspect: Suspect, named: frozenset[str], lang: str) -> str:
    figure = decimal(suspect.log10_strong_e_value)
    if suspect.actor not in named or suspect.log10_strong_e_value is None:
        return figure
    return f"{figure} ({say(f'proof.{suspect.proof.value}', lang)})"


def curve(report: Report, lang: str) -> Table:
    """The named lines of the evidence curve at a dozen points."""
    evidence = report.evidence
    leads = drawn_lines(report, most=5)
    victims = len(evidence.policies)
    points = np.unique(np.linspace(1, victims, min(victims, _CURVE_ROWS), dtype=int))
    return Table(
        head=[say("data.victim", lang), *(lead.label(24) for lead in leads)],
        rows=[
            [count(int(n)), *(decimal(evidence.log10_e_values[lead.row][n - 1]) for lead in leads)]
            for n in points
        ],
        texts=frozenset(),
    )


def forest(report: Report, lang: str) -> Table:
    """Seen, expected and its range for the suspects drawn."""
    keys = ("column.actor", "forest.key.seen", "forest.key.expected", "forest.range")
    rows = []
    for lead in drawn_rows(report):
        alone = reading.work_alone(report.evidence.expected[lead.row])
        seen = sum(report.evidence.touched[lead.row])
        between = f"{alone.low} – {alone.high}"
        rows.append([lead.label(40), count(seen), decimal(alone.mean, 1), between])
    return Table(head=[say(key, lang) for key in keys], rows=rows)


def strip(report: Report, lang: str) -> Table:
    """Each victim in order of arrival, and which of the suspects drawn had seen the record."""
    places = ranks(report)
    leads = drawn_rows(report)
    rows = []
    for index, policy in enumerate(report.evidence.policies[:VICTIMS_SHOWN]):
        seen = [lead for lead in leads if report.evidence.touched[lead.row][index]]
        by = ", ".join(str(places.get(lead.actor, lead.rank)) for lead in seen) or "–"
        rows.append([count(index + 1), shown(policy), by])
    cut = len(report.evidence.policies) > VICTIMS_SHOWN
    return Table(
        head=[say(key, lang) for key in ("data.victim", "data.policy", "data.seen_by")],
        rows=rows,
        texts=frozenset({1, 2}),
        cut=say("data.cut", lang, count=VICTIMS_SHOWN) if cut else "",
    )


def strata(report: Report, lang: str) -> Table:
    """The strata that hold victims, fullest first."""
    keys = ("strata.label", "strata.victims", "strata.records")
    fullest = sorted(report.strata_used, key=lambda stratum: -stratum.victims)
    return Table(
        head=[say(key, lang) for key in keys],
        rows=[[shown(s.label), count(s.victims), count(s.records)] for s in fullest[:MOST_ROWS]],
    )


def inputs(report: Report, lang: str) -> Table:
    """The files as they were read."""
    keys = ("input.file", "input.role", "input.rows", "input.rejected", "input.sha256")
    return Table(
        head=[say(key, lang) for key in keys],
        rows=[
            [
                shown(source.path),
                say(f"role.{source.role.value}", lang),
                count(source.rows),
                count(source.rejected),
                source.sha256 or say("input.memory", lang),
            ]
            for source in report.inputs
        ],
        texts=frozenset({0, 1, 4}),
    )
