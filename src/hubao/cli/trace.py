"""`hubao trace`: who leaked it."""

from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import (
    Columns,
    Identities,
    Lang,
    Policies,
    Strata,
    Strict,
    Timezone,
    parse_columns,
    parse_names,
)
from hubao.cli.outputs import check_writable, rejects_beside, write_whole
from hubao.cli.progress import progress_bar

if TYPE_CHECKING:
    from hubao.trace.report import Report

_STDOUT: Final = Path("-")
_WRITTEN: Final = {Language.EN: "Written:", Language.ZH: "已写入："}

Access = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Access logs: CSV, JSON lines, Parquet or XES, gzip or not.", show_default=False
    ),
]
Victims = Annotated[
    Path, typer.Option(metavar="FILE", help="Reported contacts: policy, contacted_at, …")
]
Lake = Annotated[
    Path | None, typer.Option(metavar="DIR", help="A lake of Parquet files, instead of ACCESS.")
]
Index = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="An index by `hubao index`, instead of ACCESS."),
]
Actors = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Who they are: actor, kind, unit, role, …")
]
Alpha = Annotated[
    float,
    typer.Option(
        min=1e-6,
        max=0.2,
        metavar="CHANCE",
        help="Bound on the chance that any innocent at all is named.",
    ),
]
Case = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="NUMBER",
        help="Which of the insurer's cases this is: --alpha then covers all its cases, however "
        "many, and the k-th spends 6/(pi*k)^2 of it.",
    ),
]
Exposed = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write whom to warn, the most exposed first; .csv or .parquet."
    ),
]
JsonOut = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report as JSON; - for stdout.")
]
HtmlOut = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML page.")
]


def trace(
    context: typer.Context,
    access: Access = None,
    *,
    victims: Victims,
    lake: Lake = None,
    index: Index = None,
    policies: Policies = None,
    actors: Actors = None,
    identities: Identities = None,
    columns: Columns = None,
    strata: Strata = None,
    timezone: Timezone = "Asia/Shanghai",
    alpha: Alpha = 0.01,
    case: Case = None,
    strict: Strict = False,
    exposed: Exposed = None,
    json: JsonOut = None,
    html: HtmlOut = None,
    lang: Lang = None,
) -> None:
    """Name the source of a leak, with the bound on naming an innocent.

    Example: hubao trace access.csv --victims victims.csv --html report.html
    """
    with told_as_exit_code(context):
        given = _read_from(access or [], lake, index)
        mapped, within = parse_columns(columns), parse_names(strata)
        written = [path for path in (json, html, exposed) if path and path != _STDOUT]
        small = [path for path in (victims, policies, actors, identities) if path]
        check_writable(written, inputs=[*given, *small])
        from hubao.trace import alpha_of_case  # noqa: PLC0415 - `hubao --help` stays quick
        from hubao.trace import trace as trace_leak  # noqa: PLC0415

        rejects = rejects_beside(written=written, read=given[0])
        with progress_bar() as told:
            report = trace_leak(
                access or (),
                victims=victims,
                policies=policies,
                actors=actors,
                identities=identities,
                lake=lake,
                index=index,
                columns=mapped,
                strata=within,
                timezone=timezone,
                alpha=alpha if case is None else alpha_of_case(alpha, case),
                strict=strict,
                exposed=exposed,
                rejects=rejects,
                progress=told,
            )
        show(
            report, json=json, html=html, exposed=exposed, rejects=rejects,
            lang=lang or our_language(),
        )  # fmt: skip


def _read_from(access: Sequence[Path], lake: Path | None, index: Path | None) -> Sequence[Path]:
    """The one thing that events are read from.

    Raises:
        typer.BadParameter: none of access logs, lake and index is given, or more than one.
    """
    given = [paths for paths in (access, [lake] if lake else [], [index] if index else []) if paths]
    if len(given) != 1:
        raise typer.BadParameter(
            "give access logs, or --lake, or --index: exactly one of them.", param_hint="ACCESS"
        )
    return given[0]


def show(
    report: "Report",
    *,
    json: Path | None,
    html: Path | None,
    rejects: Path,
    lang: Language,
    exposed: Path | None = None,
) -> None:
    """Write the report where it was asked for; in words on stdout, unless JSON goes there."""
    from rich.console import Console  # noqa: PLC0415

    from hubao.trace.html import write_html  # noqa: PLC0415
    from hubao.trace.jsonout import to_json  # noqa: PLC0415
    from hubao.trace.terminal import print_report  # noqa: PLC0415

    if html:
        write_whole(html, lambda path: write_html(report, path, lang.value))
    if json == _STDOUT:
        # ASCII: a pipe's encoding can't spoil a name in it.
        typer.echo(dumps(to_json(report), indent=2))
        return
    if json:
        text = dumps(to_json(report), indent=2, ensure_ascii=False) + "\n"
        # A file name that is no UTF-8 becomes an escape, which JSON knows too.
        write_whole(json, lambda path: path.write_text(text, "utf-8", "backslashreplace"))
    print_report(report, Console(), lang.value)
    # An index counts rows that were set aside when it was made: then there is no file.
    set_aside = rejects.is_file() and any(read.rejected for read in report.inputs)
    _tell_files([json, html, exposed, rejects if set_aside else None], lang)


def _tell_files(paths: Sequence[Path | None], lang: Language) -> None:
    written = [str(path) for path in paths if path]
    if written:
        typer.echo(f"\n{_WRITTEN[lang]} {', '.join(written)}")
