"""`hubao leaked`: whose export a leaked file is."""

from datetime import datetime
from enum import StrEnum
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import Columns, Lang, Strata, Strict, Timezone, parse_columns, parse_names
from hubao.cli.outputs import check_writable, rejects_beside, write_whole
from hubao.cli.progress import progress_bar
from hubao.cli.trace import Access, Actors, Alpha, JsonOut, Lake

if TYPE_CHECKING:
    from hubao.trace.leaked.report import LeakedReport


class Matching(StrEnum):
    """How rows may be matched; as `hubao.trace.leaked.report.Match`, which loads slowly."""

    AUTO = "auto"
    EXACT = "exact"
    FUZZY = "fuzzy"


_STDOUT = Path("-")
_WRITTEN = {Language.EN: "Written:", Language.ZH: "已写入："}


LeakedFile = Annotated[
    Path, typer.Argument(help="The leaked file: CSV, JSON lines, Parquet, XLSX.")
]
Records = Annotated[
    Path, typer.Option(metavar="FILE", help="Records: policy, and what the file may hold.")
]
History = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="policy, field, value, valid_from, …: dates the copy."),
]
Match = Annotated[
    Matching,
    typer.Option(metavar="auto/exact/fuzzy", help="How rows may be matched to records."),
]
LeakedColumns = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=HEADER,…",
        help="Which header of the leaked file holds which column of --policies.",
    ),
]
FoundAt = Annotated[
    datetime | None,
    typer.Option(
        metavar="TIME", help="When the file was found; what was opened later doesn't count."
    ),
]


def leaked(
    context: typer.Context,
    file: LeakedFile,
    access: Access = None,
    *,
    policies: Records,
    lake: Lake = None,
    history: History = None,
    actors: Actors = None,
    match: Match = Matching.AUTO,
    columns: Columns = None,
    leaked_columns: LeakedColumns = None,
    found_at: FoundAt = None,
    strata: Strata = None,
    timezone: Timezone = "Asia/Shanghai",
    alpha: Alpha = 0.01,
    strict: Strict = False,
    json: JsonOut = None,
    lang: Lang = None,
) -> None:
    """Say whose export a leaked file is, with the bound on naming an innocent; date the copy.

    Example: hubao leaked found.csv access.csv --policies policies.csv --history history.csv
    """
    with told_as_exit_code(context):
        if bool(access) == bool(lake):
            raise typer.BadParameter(
                "give access logs, or --lake: exactly one of them.", param_hint="ACCESS"
            )
        mapped, paired = parse_columns(columns), parse_columns(leaked_columns)
        within = parse_names(strata)
        small = [path for path in (policies, history, actors) if path]
        written = [json] if json and json != _STDOUT else []
        check_writable(written, inputs=[file, *(access or []), *small])
        from hubao.trace import leaked as room  # noqa: PLC0415 - `hubao --help` stays quick

        rejects = rejects_beside(written=written, read=file)
        with progress_bar() as told:
            report = room.leaked(
                file,
                access or (),
                policies=policies,
                lake=lake,
                history=history,
                actors=actors,
                match=room.Match(match.value),
                columns=mapped,
                leaked_columns=paired,
                found_at=_zoned(found_at, timezone),
                strata=within,
                timezone=timezone,
                alpha=alpha,
                strict=strict,
                rejects=rejects,
                progress=told,
            )
        show(report, json=json, rejects=rejects, lang=lang or our_language())


def _zoned(moment: datetime | None, timezone: str) -> datetime | None:
    """The moment in the zone of times that name none; an unknown zone is told by the reader."""
    if moment is None or moment.tzinfo is not None:
        return moment
    try:
        return moment.replace(tzinfo=ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        return moment


def show(report: "LeakedReport", *, json: Path | None, rejects: Path, lang: Language) -> None:
    """Write the report where it was asked for; in words on stdout, unless JSON goes there."""
    from rich.console import Console  # noqa: PLC0415

    from hubao.trace.leaked.jsonout import to_json  # noqa: PLC0415
    from hubao.trace.leaked.terminal import print_report  # noqa: PLC0415

    if json == _STDOUT:
        # ASCII: a pipe's encoding can't spoil a name in it.
        typer.echo(dumps(to_json(report), indent=2, allow_nan=False))
        return
    if json:
        text = dumps(to_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        write_whole(json, lambda path: path.write_text(text, "utf-8", "backslashreplace"))
    print_report(report, Console(), lang.value)
    written = [str(path) for path in (json, rejects if rejects.is_file() else None) if path]
    if written:
        typer.echo(f"\n{_WRITTEN[lang]} {', '.join(written)}")
