"""The leaked-file report in a terminal: the verdict, what the file was made of, what was read."""

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hubao.trace.leaked import words
from hubao.trace.leaked.report import LeakedReport, Origin
from hubao.trace.leaked.words import say
from hubao.trace.report import Verdict
from hubao.trace.words import count
from hubao.trace.words import say as say_of_trace
from hubao.trace.wrapping import wrapped

_STATE = {
    Verdict.SOURCE_NAMED: "bold red",
    Verdict.SHORTLIST: "bold yellow",
    Verdict.OUTSIDE_LOG: "bold blue",
    Verdict.NOT_ENOUGH_EVIDENCE: "bold",
}


def print_report(report: LeakedReport, console: Console, lang: str) -> None:
    """Print `report` in `lang` ("zh" or "en"); names in it are text, never markup or control."""
    word = say_of_trace(f"verdict.word.{report.verdict.value}", lang)
    _line(console, f"[{word}] {words.verdict(report, lang)}", _STATE[report.verdict])
    _line(console, words.next_step(report, lang))
    _section(console, say("section.origins", lang))
    if report.origins:
        console.print(_table(report, lang))
        _line(console, say("origins.elsewhere", lang, share=words.share(report.elsewhere)))
    else:
        _line(console, say("origins.none", lang))
    console.print()
    for text in words.facts(report, lang):
        _line(console, text)
    _section(console, say("section.marks", lang))
    for text in words.mark_lines(report, lang):
        _line(console, text)
    if report.cautions:
        _section(console, say("section.cautions", lang))
        for code in report.cautions:
            _line(console, "! " + words.caution(code, report, lang))
    console.print()
    _line(console, say("limit", lang), "dim")


def _section(console: Console, title: str) -> None:
    console.print()
    _line(console, title, "bold")


def _line(console: Console, text: str, style: str = "") -> None:
    for line in wrapped(text, console.width):
        console.print(Text(line, style=style), highlight=False)


def _table(report: LeakedReport, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="")
    table.add_column(say("column.origin", lang), overflow="fold", min_width=12, ratio=4)
    for key in ("inside", "records", "share"):
        table.add_column(say(f"column.{key}", lang), justify="right")
    table.add_column(say("column.seen", lang), overflow="fold", ratio=3)
    if any(one.dating for one in report.origins):
        table.add_column(say("column.copied", lang), overflow="fold", ratio=3)
    for one in report.origins:
        table.add_row(*map(Text, _cells(report, one, lang)))
    return table


def _cells(report: LeakedReport, one: Origin, lang: str) -> Iterator[str]:
    yield words.origin(one, lang)
    yield count(one.inside)
    yield count(one.records)
    yield words.share(one.share)
    yield words.days(one.seen_from, one.seen_until)
    if any(other.dating for other in report.origins):
        yield words.between(one.dating.likely_from, one.dating.likely_until) if one.dating else "–"
