"""`hubao desk keys …`: put new keys in the place of the old, while the desk runs."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.cli.progress import progress_bar
from hubao.kit.errors import HubaoError, Kind

keys: Final = typer.Typer(
    name="keys",
    no_args_is_help=True,
    help="Rotate the keys that policy records are encrypted with.",
)


class SuiteName(StrEnum):
    """As `hubao.seal.suites.Suite`, which loads slowly."""

    INTERNATIONAL = "aes-256-gcm"
    NATIONAL = "sm4-gcm"


class StillNeeded(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Something is still encrypted with an old key."""

    code = "keys.still_needed"
    kind = Kind.CONFLICT


@keys.command("rotate")
def rotate(
    context: typer.Context,
    suite: Annotated[
        SuiteName, typer.Option(help="Algorithms of the new keys; sm4-gcm: China's national ones.")
    ] = SuiteName.INTERNATIONAL,
    *,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Go on with a rotation that was stopped.")
    ] = False,
) -> None:
    """Make new keys and encrypt every record anew; people go on working meanwhile.

    Example: hubao desk keys rotate
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.policies.operations.rotate import rotate as rotate_all  # noqa: PLC0415
        from hubao.seal.suites import Suite  # noqa: PLC0415

        file = wired().keys
        if not go_on:
            file.write(file.keyset().rotated(Suite(suite.value)))
        with progress_bar() as bar:
            done = rotate_all(
                actor=whoever_runs_this(),
                at=timezone.now(),
                fields=file.fields(),
                told=(lambda seen, total: bar(seen, total, "records")) if bar else None,
            )
        typer.echo(f"{done:,} records are encrypted anew. Then: hubao desk keys retire")


@keys.command("retire")
def retire(context: typer.Context) -> None:
    """Forget the old keys, once nothing needs them any more.

    Example: hubao desk keys retire
    """
    with open_desk(context):
        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.policies.operations.rotate import is_rotated  # noqa: PLC0415

        file = wired().keys
        if not is_rotated(fields=file.fields()):
            raise StillNeeded(
                "Some records still need an old key: run hubao desk keys rotate --continue first."
            )
        file.write(file.keyset().retired())
        typer.echo("Only the newest keys are left.")
