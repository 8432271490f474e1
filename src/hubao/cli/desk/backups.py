"""`hubao desk backup` and `restore`: a running desk in one file, and a desk from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.heads import log_key, read_heads
from hubao.cli.outputs import written_whole
from hubao.cli.progress import progress_bar

if TYPE_CHECKING:
    from hubao.desk.config.backup.restoring import Restored

_NOT_IN_IT = (
    "Not in it: the key that opens its keyset (HUBAO_KEY, or that of HUBAO_KMS), all other secrets,"
    " and the lake. Keep the key somewhere else: without it this file can't be restored."
)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write; only you may read it.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the desk's database and its encrypted keyset into one file, while people work.

    Example: hubao desk backup /mnt/backup/desk-2026-11-27.tar
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.config.backup.archive import MODE  # noqa: PLC0415
        from hubao.desk.config.backup.taking import back_up  # noqa: PLC0415
        from hubao.desk.core.durably import sync  # noqa: PLC0415
        from hubao.desk.core.wired import wired  # noqa: PLC0415

        with written_whole(file, mode=MODE, over=force) as beside, progress_bar() as bar:
            taken = back_up(
                beside, keys=wired().keys, actor=whoever_runs_this(), at=timezone.now(), told=bar
            )
        sync(file.absolute().parent)
        typer.echo(f"{file}: {taken.database}, a ledger of {taken.entries:,} entries, the keyset")
        typer.echo(_NOT_IN_IT)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What hubao desk backup wrote.")],
    *,
    head: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A signed head from a place outside; again for more."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the desk that is here; it is set aside.")
    ] = False,
    accept_missing: Annotated[
        bool,
        typer.Option("--accept-missing", help="Go on though entries after the backup are missing."),
    ] = False,
) -> None:
    """Put a backup into use, once its ledger is verified; stop the desk before.

    Exits with 2, and changes nothing, if it isn't what was backed up, or if a head held outside
    was signed over more entries than it has.

    Example: hubao desk restore desk-2026-11-27.tar --head /mnt/audit/head-000000012345-0a1b.txt
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.config.backup import restoring, verifying  # noqa: PLC0415
        from hubao.desk.core.wired import wired  # noqa: PLC0415

        notes = read_heads(head or ())
        outside = verifying.Outside(notes, log_key(needed=bool(notes)))
        with progress_bar() as bar:
            done = restoring.restore(
                file,
                keys=wired().keys,
                outside=outside,
                actor=whoever_runs_this(),
                at=timezone.now(),
                force=force,
                accept_missing=accept_missing,
                told=bar,
            )
        _tell(done, outside=len(notes), looked=outside.key is not None)


def _tell(done: "Restored", *, outside: int, looked: bool) -> None:
    manifest, checked = done.manifest, done.checked
    typer.echo(
        f"Restored: taken at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC by hubao {manifest.hubao};"
        " every part is as it was written, and the keyset opens with this desk's key"
    )
    typer.echo(
        f"Verified: {checked.entries:,} entries are as they were, under {checked.heads:,} signed"
        f" heads, {outside:,} given from outside; {checked.pending:,} wait for their place"
    )
    if done.missing:
        typer.echo(f"Missing: {done.missing:,} entries after the backup, by a head held outside")
    if not looked:
        typer.echo("Not verified: signed heads, as HUBAO_LOG_KEY isn't set")
    elif not outside:
        typer.echo("Not verified: whether entries after the backup are missing; see --head")
    if done.aside:
        typer.echo(f"Set aside: what was here before is {done.aside}")
    if done.behind:
        typer.echo("Next: hubao desk migrate")
    if manifest.database == "postgresql":
        typer.echo("Next: hubao desk grant ROLE, where the desk runs as another role than this")
