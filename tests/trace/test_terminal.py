"""The report in a terminal of 80 columns, without colour, in both languages."""

from io import StringIO

import pytest
from rich.console import Console

from hubao.trace.report import Report
from hubao.trace.terminal import print_report
from hubao.trace.wrapping import cells
from tests.makers import reports

LANGS = ("zh", "en")


def printed(report: Report, lang: str, *, colour: bool = False, width: int = 80) -> str:
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, no_color=not colour, legacy_windows=False
    )
    print_report(report, console, lang)
    return out.getvalue()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", reports.every_report())
def test_every_report_fits_80_columns(kind: str, lang: str) -> None:
    lines = printed(reports.every_report()[kind], lang).splitlines()

    assert max(cells(line) for line in lines) <= 80


def test_the_verdict_comes_first() -> None:
    text = printed(reports.named_source(), "en")

    assert text.startswith("[Source named] agent-0001 is the source of the records")


def test_ten_suspects_are_shown_and_the_rest_counted() -> None:
    text = printed(reports.large(), "en")

    assert "agent-0010" in text
    assert "agent-0011" not in text
    assert "50 more rank lower" in text


def test_inputs_rejects_and_cautions_are_told() -> None:
    text = printed(reports.large(), "en")

    assert "access-2026.csv.gz, 1,204,331 rows, 1,204 set aside" in text
    assert "! Rows that could not be read and were set aside" in text


def test_unknown_victims_are_listed() -> None:
    assert "P900001, P900002" in printed(reports.report(), "zh")


def test_hostile_names_are_neither_markup_nor_control() -> None:
    text = printed(reports.hostile_names(), "en", width=200)

    assert "[bold red]x[/] {0} {names}" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_a_hostile_name_adds_no_escape_where_colours_are_on() -> None:
    text = printed(reports.hostile_names(), "en", colour=True, width=200)

    assert "\x1b[31mred" not in text


def test_no_line_of_chinese_starts_with_a_full_stop() -> None:
    lines = printed(reports.long_names(), "zh").splitlines()

    assert not [line for line in lines if line.startswith(("。", "，", "、"))]


def test_without_suspects_there_is_no_table() -> None:
    text = printed(reports.no_suspects(), "en")

    assert "No actor in the log had seen any victim's record" in text
    assert "log10 E" not in text
