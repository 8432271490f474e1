"""The trace report in a terminal: the verdict first, then whom it rests on, then what was read."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hubao.lake.inputs import Input
from hubao.trace import words
from hubao.trace.reading import named_actors
from hubao.trace.report import Report, Suspect, Verdict
from hubao.trace.words import say
from hubao.trace.wrapping import wrapped

SUSPECTS_SHOWN: Final = 10
UNKNOWN_SHOWN: Final = 5
_STATE: Final = {
    Verdict.SOURCE_NAMED: "bold red",
    Verdict.SHORTLIST: "bold yellow",
    Verdict.OUTSIDE_LOG: "bold blue",
    Verdict.NOT_ENOUGH_EVIDENCE: "bold",
}


def print_report(report: Report, console: Console, lang: str) -> None:
    """Print `report` in `lang` ("zh" or "en"); names in it are text, never markup or control."""
    _line(console, _verdict(report, lang), style=_STATE[report.verdict])
    for text in (*words.after_lines(report, lang), words.next_step(report, lang)):
        _line(console, text)
    if report.suspects:
        console.print(_table(report, lang))
        _line(console, _under_table(report, lang), style="dim")
    console.print()
    for text in _facts(report, lang):
        _line(console, text)
    _cautions(report, console, lang)
    console.print()
    _line(console, words.limits(lang)[0], style="dim")


def _line(console: Console, text: str, style: str = "") -> None:
    for line in wrapped(text, console.width):
        console.print(Text(line, style=style), highlight=False)


def _verdict(report: Report, lang: str) -> str:
    word = say(f"verdict.word.{report.verdict.value}", lang)
    return f"[{word}] {words.verdict_sentence(report, lang)}"


def _table(report: Report, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="")
    table.add_column(say("column.rank", lang), justify="right", no_wrap=True)
    table.add_column(say("column.actor", lang), overflow="fold", min_width=10, ratio=5)
    for key in ("seen", "evidence", "posterior", "share"):
        table.add_column(say(f"short.{key}", lang), justify="right", no_wrap=True)
    table.add_column(say("column.g_star", lang), justify="right", no_wrap=True)
    table.add_column(say("column.reading", lang), overflow="fold", min_width=12, ratio=6)
    named = named_actors(report)
    for rank, suspect in enumerate(report.suspects[:SUSPECTS_SHOWN], start=1):
        style = "bold" if suspect.actor in named else ""
        table.add_row(*map(Text, _cells(report, rank, suspect, lang)), style=style)
    return table


def _cells(report: Report, rank: int, suspect: Suspect, lang: str) -> Iterator[str]:
    yield str(rank)
    yield words.shown(suspect.actor)
    yield f"{suspect.victims_touched}/{words.decimal(suspect.victims_expected, 1)}"
    yield words.decimal(suspect.log10_e_value)
    yield words.percent(suspect.posterior)
    yield words.percent(suspect.share)
    yield words.g_star(suspect.g_star)
    yield words.explanation(report, suspect, lang)


def _under_table(report: Report, lang: str) -> str:
    bound = say("suspects.bound", lang, bound=words.decimal(report.evidence.bound))
    more = len(report.suspects) - SUSPECTS_SHOWN
    return bound + (" " + say("suspects.more", lang, count=more) if more > 0 else "")


def _facts(report: Report, lang: str) -> Iterator[str]:
    yield words.victims_line(report, lang)
    if report.victims.unknown:
        yield "  " + _unknown(report, lang)
    yield say("line.background", lang, background=words.percent(report.background_share))
    yield _strata(report, lang)
    for role in dict.fromkeys(source.role for source in report.inputs):
        yield _inputs([source for source in report.inputs if source.role is role], lang)


def _unknown(report: Report, lang: str) -> str:
    names = [words.shown(name) for name in report.victims.unknown[:UNKNOWN_SHOWN]]
    more = len(report.victims.unknown) > UNKNOWN_SHOWN
    total = say("unknown.more", lang, count=len(report.victims.unknown)) if more else ""
    return f"{say('unknown.list', lang)}: {', '.join(names)} {total}".rstrip()


def _strata(report: Report, lang: str) -> str:
    if not report.strata:
        return say("strata.none", lang)
    names = ", ".join(words.shown(name) for name in report.strata)
    return say("strata.by", lang, names=names)


def _inputs(sources: Sequence[Input], lang: str) -> str:
    path = words.shown(sources[0].path)
    if len(sources) > 1:
        path = say("line.input.more", lang, path=path, count=len(sources) - 1)
    return say(
        "line.input",
        lang,
        role=say(f"role.{sources[0].role.value}", lang),
        path=path,
        rows=sum(source.rows for source in sources),
        rejected=sum(source.rejected for source in sources),
    )


def _cautions(report: Report, console: Console, lang: str) -> None:
    if not report.cautions:
        return
    console.print()
    _line(console, say("section.cautions", lang), style="bold")
    for code in report.cautions:
        _line(console, "! " + words.caution_sentence(code, report, lang))
