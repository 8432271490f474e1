"""`hubao desk import …`: units, people, logins and policies from files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.outputs import written_whole
from hubao.cli.progress import progress_bar
from hubao.kit.errors import BadInput

if TYPE_CHECKING:
    from hubao.desk.people.imports import Outcome

imports: Final = typer.Typer(
    name="import",
    no_args_is_help=True,
    help="Take over units, people, their logins and policies; twice is the same as once.",
)
File = Annotated[Path, typer.Argument(help="CSV (UTF-8, GB18030), JSON lines, XLSX or Parquet.")]
Zone = Annotated[str, typer.Option(metavar="ZONE", help="Zone of dates without one.")]
Reject = Callable[[int, str], None]


@imports.command("units")
def units(context: typer.Context, file: File) -> None:
    """Take over the tree of units: columns unit, name, parent.

    Example: hubao desk import units units.csv
    """
    with open_desk(context):
        from hubao.desk.people.imports import UNIT_COLUMNS, import_units  # noqa: PLC0415

        _take_over(file, UNIT_COLUMNS, import_units)


@imports.command("people")
def people(context: typer.Context, file: File, timezone: Zone = "Asia/Shanghai") -> None:
    """Take over people, partners and service accounts; who left loses all access at once.

    Columns: actor, name, unit, and if known kind (person, partner, service), hired, notice, left,
    roles (with semicolons between).

    Example: hubao desk import people people.csv
    """
    with open_desk(context):
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

        from django.utils.timezone import now  # noqa: PLC0415

        from hubao.desk.core.files import given, rows  # noqa: PLC0415
        from hubao.desk.people.imports import import_people  # noqa: PLC0415
        from hubao.desk.people.rules import NEEDED, OPTIONAL  # noqa: PLC0415

        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise BadInput(
                f"There is no time zone {timezone}: write it as Asia/Shanghai."
            ) from None
        found = rows(given(file), needed=NEEDED, optional=OPTIONAL)
        _tell(file, import_people(found, zone=zone, actor=whoever_runs_this(), at=now()))


@imports.command("logins")
def logins(context: typer.Context, file: File) -> None:
    """Take over which login in which system is whose: columns login, actor, system.

    Example: hubao desk import logins logins.csv
    """
    with open_desk(context):
        from hubao.desk.people.imports import LOGIN_COLUMNS, import_logins  # noqa: PLC0415

        _take_over(file, LOGIN_COLUMNS, import_logins)


@imports.command("policies")
def policies(context: typer.Context, file: File) -> None:
    """Take over policies, encrypted; a file that was cut off goes on where it was.

    Columns: policy_number, unit, and as far as known product, channel, status, issued_on,
    holder_name, identity_number, phone, address, bank_account, insured_name, beneficiary, premium,
    cash_value (in yuan).

    Example: hubao desk import policies policies.csv
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415

        from hubao.desk.core.files import given  # noqa: PLC0415
        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.policies.operations.imports import import_policies  # noqa: PLC0415

        with _rejects(file) as reject, progress_bar() as bar:
            counts = import_policies(
                given(file),
                actor=whoever_runs_this(),
                at=timezone.now(),
                keyset=wired().keys.keyset(),
                reject=reject,
                told=(lambda done, total: bar(done, total, "policies")) if bar else None,
            )
        typer.echo(
            f"{file}: {counts.added:,} added, {counts.changed:,} changed,"
            f" {counts.same:,} the same, {counts.rejected:,} set aside"
        )


def _take_over(
    file: Path,
    columns: tuple[tuple[str, ...], tuple[str, ...]],
    take: "Callable[..., Outcome]",
) -> None:
    from django.utils import timezone  # noqa: PLC0415 - needs the desk

    from hubao.desk.core.files import given, rows  # noqa: PLC0415

    needed, optional = columns
    found = rows(given(file), needed=needed, optional=optional)
    _tell(file, take(found, actor=whoever_runs_this(), at=timezone.now()))


def _tell(file: Path, outcome: "Outcome") -> None:
    with _rejects(file) as reject:
        for line, reason in outcome.rejects:
            reject(line, reason)
    typer.echo(
        f"{file}: {outcome.added:,} added, {outcome.changed:,} changed, {outcome.same:,} the same,"
        f" {outcome.left:,} left, {len(outcome.rejects):,} set aside"
    )


@contextmanager
def _rejects(file: Path) -> Iterator[Reject]:
    """Write rows that can't be used beside the file: line and reason, nothing of the row."""
    path = file.with_name(f"{file.name}.rejects.csv")
    lines: list[str] = []

    def reject(line: int, reason: str) -> None:
        quoted = reason.replace('"', '""')
        lines.append(f'{line},"{quoted}"\n')

    yield reject
    if not lines:
        return
    with written_whole(path) as beside:
        beside.write_text("line,reason\n" + "".join(lines), encoding="utf-8")
    typer.echo(f"What was set aside, and why, is in {path}", err=True)
