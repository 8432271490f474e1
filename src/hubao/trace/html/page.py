"""The page: everything the template shows, and the template itself."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hubao.trace import words
from hubao.trace.html import charts, rows, tables
from hubao.trace.html.frame import FRAMES, PALETTE
from hubao.trace.html.tables import Table
from hubao.trace.report import Report
from hubao.trace.words import say

_HERE: Final = Path(__file__).parent
_DARK: Final = {
    "ink": "#e6e9ee",
    "muted": "#a3acb9",
    "grid": "#2a323d",
    "rest": "#596474",
    "accent": "#2dd4bf",
    "band": "#414b5a",
    "bound": "#f97066",
}


@dataclass(frozen=True)
class Picture:
    """One chart: its finding, the drawings for wide and narrow pages, its key, note and data."""

    id: str
    title: str
    drawings: dict[str, Markup]
    keys: dict[str, list[tuple[str, str]]]
    note: str
    data: Table | None
    empty: str


def render(report: Report, lang: str) -> str:
    """The whole page as HTML text."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        lang=words.Lang(lang).value,
        t=partial(say, lang=lang),
        style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        light=PALETTE,
        dark=_DARK,
        sentence=words.verdict_sentence(report, lang),
        after=words.after_lines(report, lang),
        next_step=words.next_step(report, lang),
        figures=_figures(report, lang),
        cautions=[words.caution_sentence(code, report, lang) for code in report.cautions],
        pictures=[*_pictures(report, lang)],
        suspects=tables.suspects(report, lang),
        bound=words.decimal(report.evidence.bound),
        strata=tables.strata(report, lang),
        strata_names=[words.shown(name) for name in report.strata],
        limits=words.limits(lang),
        inputs=tables.inputs(report, lang),
        victims_line=words.victims_line(report, lang),
        unknown=[words.shown(policy) for policy in report.victims.unknown[:50]],
    )


def _figures(report: Report, lang: str) -> list[tuple[str, str]]:
    figures = {
        "victims": words.count(report.victims.used),
        "family": words.count(report.family),
        "records": words.count(report.records),
        "background": words.percent(report.background_share),
        "needed": words.needed(report, lang),
        "alpha": words.bound_percent(report.alpha),
    }
    return [(say(f"figure.{key}", lang), figure) for key, figure in figures.items()]


def _pictures(report: Report, lang: str) -> list[Picture]:
    if not report.evidence.actors or not report.evidence.policies:
        return [_empty(report, lang)]
    return [_curve(report, lang), _forest(report, lang), _strip(report, lang)]


def _empty(report: Report, lang: str) -> Picture:
    title = words.curve_title(report, lang)
    return Picture("curve", title, {}, {}, "", None, say("pictures.empty", lang))


def _curve(report: Report, lang: str) -> Picture:
    alpha = words.bound_percent(report.alpha)
    return Picture(
        id="curve",
        title=words.curve_title(report, lang),
        drawings={f.name: Markup(charts.curve(report, lang, f)) for f in FRAMES},  # noqa: S704 - SVG escapes its texts
        keys={f.name: [] for f in FRAMES},
        note=say("curve.note", lang, alpha=alpha),
        data=tables.curve(report, lang),
        empty="",
    )


def _forest(report: Report, lang: str) -> Picture:
    keys = [(kind, say(f"forest.key.{kind}", lang)) for kind in ("seen", "expected", "band")]
    return Picture(
        id="forest",
        title=words.forest_title(report, lang),
        drawings={f.name: Markup(rows.forest(report, lang, f)) for f in FRAMES},  # noqa: S704 - as above
        keys={f.name: keys for f in FRAMES},
        note="",
        data=tables.forest(report, lang),
        empty="",
    )


def _strip(report: Report, lang: str) -> Picture:
    keys = {f.name: [("cell", _cell_key(rows.cell_size(report, f), lang))] for f in FRAMES}
    drawn = len(charts.drawn_rows(report))
    return Picture(
        id="strip",
        title=words.strip_title(report, drawn, lang),
        drawings={f.name: Markup(rows.strip(report, lang, f)) for f in FRAMES},  # noqa: S704 - as above
        keys=keys,
        note="",
        data=tables.strip(report, lang),
        empty="",
    )


def _cell_key(size: int, lang: str) -> str:
    return say("strip.key.one", lang) if size == 1 else say("strip.key.many", lang, count=size)
