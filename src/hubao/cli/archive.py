"""`hubao ledger archive | erase`: old entries in sealed segments, and somebody erased from them."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.heads import needed_log_key
from hubao.cli.progress import progress_bar
from hubao.kit.errors import BadInput

if TYPE_CHECKING:
    from hubao.desk.ledger.segments import Shelf

SEGMENTS: Final = typer.Option(metavar="DIR", help="Where the sealed segments lie.")
_FLOOR: Final = "retention.core_access_log_years"


class TooYoung(BadInput):
    """Entries would be archived that have to be at hand by law."""

    code = "ledger.too_young"


def archive(
    context: typer.Context,
    to: Annotated[Path, typer.Option(metavar="DIR", help="For the sealed segments.")],
    *,
    months: Annotated[
        int | None,
        typer.Option(min=1, help="How old; as the law says unless told."),
    ] = None,
) -> None:
    """Move old entries into sealed segments, which verify by themselves, and off the database.

    Keep the segments, two copies of them, as long as you must; keep HUBAO_PERSON_KEYS apart from
    them. See docs/how-to/archive-the-ledger.md.

    Example: hubao ledger archive --to /mnt/archive/ledger
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.ledger.archiving import archive as move  # noqa: PLC0415
        from hubao.desk.ledger.person_keys import PersonKeys  # noqa: PLC0415
        from hubao.desk.ledger.shelving import Archive  # noqa: PLC0415

        now = timezone.now()
        where = Archive(to, PersonKeys(wired().person_keys), needed_log_key())
        with progress_bar() as bar:
            done = move(
                where,
                before=_before(now, months),
                actor=whoever_runs_this(),
                at=now,
                told=(lambda some, most: bar(some, most, "entries")) if bar else None,
            )
        typer.echo(_said(done, to))


def erase(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="An id, as entries have it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Make archived entries by or about somebody unreadable, for good, in every copy.

    It destroys their key; the hashes that are left still verify. Nothing brings it back.

    Example: hubao ledger erase b0190f3c2a1d4e5f607182930
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.ledger.erasing import erase as forget  # noqa: PLC0415
        from hubao.desk.ledger.person_keys import PersonKeys  # noqa: PLC0415

        if not yes:
            typer.confirm("Destroy the key? Nothing brings it back", abort=True, err=True)
        keys = PersonKeys(wired().person_keys)
        gone = forget(person, keys=keys, actor=whoever_runs_this(), at=timezone.now())
        typer.echo(f"erased; its token was {gone.token}. Destroy old copies of the keys' file too.")
        if gone.left:
            typer.echo(f"{gone.left:,} entries aren't archived yet and stay as they are")


def shelf_at(folder: Path | None) -> "Shelf | None":
    """Give the shelf of sealed segments in a folder, if one is told."""
    if folder is None:
        return None
    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk
    from hubao.desk.ledger.person_keys import PersonKeys  # noqa: PLC0415
    from hubao.desk.ledger.segments import Shelf  # noqa: PLC0415

    return Shelf(folder, PersonKeys(wired().person_keys))


def _before(now: datetime, months: int | None) -> datetime:
    """Give the first moment of what stays.

    Raises:
        TooYoung: the law wants it at hand for longer.
    """
    from hubao.kit.parameters import in_force  # noqa: PLC0415 - loads slowly

    law = in_force(_FLOOR, on=now.date())
    least = law.value * 12
    if months is not None and months < least:
        raise TooYoung(f"--months {months} is less than the {least} of {law.source}.")
    return _months_back(now, months or least)


def _months_back(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    first = date(year, month + 1, 1)
    return datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)


def _said(done: int, to: Path) -> str:
    if done:
        return f"{done:,} entries are sealed in {to}, and off the database"
    return "nothing is archived: no 256 entries more are under a head that was signed that long ago"
