"""`hubao index`: read access logs once, trace over them many times."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.options import (
    Columns,
    Identities,
    Policies,
    Strata,
    Strict,
    Timezone,
    parse_columns,
    parse_names,
)
from hubao.cli.outputs import check_writable, rejects_beside
from hubao.cli.progress import progress_bar


def index(
    context: typer.Context,
    access: Annotated[
        list[Path],
        typer.Argument(help="Access logs: CSV, JSON lines, Parquet or XES, gzip or not."),
    ],
    *,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The index; appended to where it exists.")
    ],
    policies: Policies = None,
    identities: Identities = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Count who had opened a record only up to then, where records are compared by it:"
            " give a day before the calls began.",
        ),
    ] = None,
    columns: Columns = None,
    strata: Strata = None,
    timezone: Timezone = "Asia/Shanghai",
    strict: Strict = False,
) -> None:
    """Prepare access logs, so that a trace over them costs with the victims and not the log.

    Example: hubao index access-2026-*.parquet --policies policies.csv --out access.index
    """
    with told_as_exit_code(context):
        mapped, within = parse_columns(columns), parse_names(strata)
        small = [path for path in (policies, identities) if path]
        check_writable([out], inputs=[*access, *small])
        from hubao.trace.index import build_index  # noqa: PLC0415 - `hubao --help` stays quick

        rejects = rejects_beside(written=[out], read=access[0])
        with progress_bar() as told:
            summary = build_index(
                access,
                out=out,
                policies=policies,
                identities=identities,
                before=before,
                strata=within,
                columns=mapped,
                timezone=timezone,
                strict=strict,
                rejects=rejects,
                progress=told,
            )
        typer.echo(
            f"{out}: {summary.rows:,} rows in, {summary.rejected:,} set aside; "
            f"{summary.actors:,} actors, {summary.records:,} records, {summary.pairs:,} pairs; "
            f"strata: {', '.join(summary.strata) or 'none'}"
        )
        if rejects.is_file():
            typer.echo(f"Rows set aside this time: {rejects}")
