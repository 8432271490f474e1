"""`hubao lake …`: take access events in from other systems."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.options import Timezone, parse_pairs
from hubao.cli.progress import Told, progress_bar

if TYPE_CHECKING:
    from hubao.desk.feeds.models import Batch
    from hubao.desk.feeds.operations.imports import Wires

lake: Final = typer.Typer(
    name="lake",
    no_args_is_help=True,
    help="The lake of access events: take them in from the systems where policies are looked up.",
)
source: Final = typer.Typer(
    name="source",
    no_args_is_help=True,
    help="The systems that access events come from: add, list, change, remove.",
)
lake.add_typer(source)


class Way(StrEnum):
    """As `hubao.desk.feeds.rules.Way`, which needs the desk."""

    FILE = "file"
    FOLDER = "folder"
    PUSH = "push"


Name = Annotated[str, typer.Argument(help="Name of the source, as core.")]
Place = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The file or folder that its events come in.")
]
Mapped = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=HEADER,…",
        help="Which of its columns holds what, as in event=log_id,at=ts,policy=policy_no.",
    ),
]
Actions = Annotated[
    str | None,
    typer.Option(
        metavar="WORD=ACTION,…",
        help="What its words for actions mean: view, search, edit, print, export, share, api, "
        "denied; or skip, for rows that are no access.",
    ),
]
System = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Under which its logins were imported; left out, the source's name."
    ),
]
OwnIds = Annotated[
    bool | None,
    typer.Option("--own-ids/--no-own-ids", help="Its logins may be people's own ids, too."),
]
PushedBy = Annotated[
    str | None, typer.Option(metavar="ID", help="The service account or partner that pushes it.")
]
Silence = Annotated[
    int | None,
    typer.Option(min=1, metavar="MINUTES", help="Without an event, until it counts as silent."),
]
Every = Annotated[int | None, typer.Option(min=1, metavar="MINUTES", help="Between two imports.")]


@lake.command("import")
def import_(
    context: typer.Context,
    name: Name,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files to take in, also such as were taken in before; left out, what is new.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take in what is new of a source, or some files; an event that came before counts once.

    CSV (UTF-8, GB18030, gzip), JSON lines, Parquet or XLSX.

    Example: hubao lake import core
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.operations.imports import import_source  # noqa: PLC0415

        with progress_bar() as bar:
            batches = import_source(
                name=name,
                files=files or (),
                actor=whoever_runs_this(),
                at=now(),
                wires=_wires(bar),
            )
        if not batches:
            typer.echo(f"{name}: nothing is new")
        for batch in batches:
            _tell(name, batch)


@lake.command("resolve")
def resolve(context: typer.Context, name: Name) -> None:
    """Name a source's events anew, by the logins and policies that were imported since they came.

    Example: hubao lake resolve core
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.operations.resolve import resolve as resolve_all  # noqa: PLC0415

        done = resolve_all(name=name, actor=whoever_runs_this(), at=now(), wires=_wires(None))
        typer.echo(f"{name}: {done.logins:,} logins and {done.policies:,} policies are known now")


@source.command("add")
def add(
    context: typer.Context,
    name: Name,
    *,
    kind: Annotated[Way, typer.Option(help="How its events come.")],
    place: Place = None,
    columns: Mapped = None,
    actions: Actions = None,
    system: System = None,
    own_ids: OwnIds = None,
    pushed_by: PushedBy = None,
    timezone: Timezone = "Asia/Shanghai",
    silence: Silence = 1440,
    every: Every = 60,
) -> None:
    """Add a source of access events.

    Example: hubao lake source add core --kind folder --place /srv/core/audit
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.operations.sources import add_source  # noqa: PLC0415
        from hubao.desk.feeds.rules import Terms  # noqa: PLC0415
        from hubao.desk.feeds.rules import Way as Known  # noqa: PLC0415

        settled = _changes(
            place=place,
            columns=columns,
            actions=actions,
            system=system,
            own_ids=own_ids,
            client=pushed_by,
            timezone=timezone,
            silent_after=silence,
            every=every,
        )
        terms = Terms(kind=Known(kind.value), **settled)
        add_source(name=name, terms=terms, actor=whoever_runs_this(), at=now())
        typer.echo(f"{name} is a source. The worker imports it; now: hubao lake import {name}")


@source.command("change")
def change(
    context: typer.Context,
    name: Name,
    *,
    place: Place = None,
    columns: Mapped = None,
    actions: Actions = None,
    system: System = None,
    own_ids: OwnIds = None,
    pushed_by: PushedBy = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Time zone of times that name none.")
    ] = None,
    silence: Silence = None,
    every: Every = None,
    active: Annotated[
        bool | None,
        typer.Option("--active/--inactive", help="Import it and watch over its silence, or rest."),
    ] = None,
) -> None:
    """Change settings of a source; what is left out stays.

    Example: hubao lake source change core --silence 2880
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.operations.sources import change_source  # noqa: PLC0415

        changes = _changes(
            place=place,
            columns=columns,
            actions=actions,
            system=system,
            own_ids=own_ids,
            client=pushed_by,
            timezone=timezone,
            silent_after=silence,
            every=every,
            active=active,
        )
        change_source(name=name, changes=changes, actor=whoever_runs_this(), at=now())
        typer.echo(f"{name}: {', '.join(sorted(changes)) or 'nothing'} changed")


@source.command("remove")
def remove(context: typer.Context, name: Name) -> None:
    """Stop taking a source in; its events stay in the lake, and its name stays its own.

    Example: hubao lake source remove core
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.operations.sources import remove_source  # noqa: PLC0415

        remove_source(name=name, actor=whoever_runs_this(), at=now())
        typer.echo(f"{name} is no source any more; its events stay in the lake")


@source.command("list")
def list_(context: typer.Context) -> None:
    """List the sources, and whether they still come.

    Example: hubao lake source list
    """
    with open_desk(context):
        from django.utils.timezone import now  # noqa: PLC0415 - needs the desk

        from hubao.desk.feeds.queries import sources  # noqa: PLC0415

        found = sources(actor=whoever_runs_this(), at=now())
        for one in found:
            last = f"{one.last_event_at:%Y-%m-%d %H:%M}Z" if one.last_event_at else "none yet"
            state = "silent" if one.silent else "alive" if one.terms.active else "not active"
            typer.echo(
                f"{one.name}: {one.terms.kind} {one.terms.place or one.terms.client}, {state},"
                f" last event {last}, {one.month['added']:,} events in 30 days"
            )
        if not found:
            typer.echo("There is no source yet: hubao lake source add")


def _wires(told: Told | None) -> "Wires":
    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk
    from hubao.desk.feeds.operations.imports import Wires  # noqa: PLC0415
    from hubao.desk.feeds.places import Places  # noqa: PLC0415

    here = wired()
    return Wires(Places(here.lake, here.feeds), here.keys.fields(), told)


def _changes(
    *, place: Path | None, columns: str | None, actions: str | None, **others: object
) -> dict[str, Any]:
    """Give the settings that were said, by the names of `Terms`."""
    given: dict[str, Any] = {
        "place": None if place is None else str(place.resolve()),
        "columns": parse_pairs(columns, option="--columns", example="policy=policy_no"),
        "actions": parse_pairs(actions, option="--actions", example="open=view"),
        **others,
    }
    return {name: value for name, value in given.items() if value is not None}


def _tell(name: str, batch: "Batch") -> None:
    typer.echo(
        f"{name}: {batch.rows:,} rows: {batch.added:,} new, {batch.repeated:,} came again,"
        f" {batch.skipped:,} no access, {batch.rejected:,} set aside"
    )
    if batch.unknown_actors:
        typer.echo(f"  {batch.unknown_actors:,} by logins of nobody known", err=True)
    if batch.unknown_policies:
        typer.echo(f"  {batch.unknown_policies:,} of policies that aren't here", err=True)
