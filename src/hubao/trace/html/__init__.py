"""The trace report as one self-contained HTML file: nothing is fetched, nothing is run."""

from pathlib import Path

from hubao.trace.report import Report


def html_report(report: Report, lang: str) -> str:
    """The report as one HTML page in `lang` ("zh" or "en"): no script, no request, ready to print.

    Raises:
        ValueError: `lang` is neither.
    """
    from hubao.trace.html.page import render  # noqa: PLC0415 - drawing takes 0.5 s to load

    return render(report, lang)


def write_html(report: Report, path: Path, lang: str) -> None:
    """Write `html_report` to `path` in UTF-8, replacing what is there."""
    path.write_text(html_report(report, lang), encoding="utf-8")
