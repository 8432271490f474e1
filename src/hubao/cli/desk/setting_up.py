"""`hubao desk init`, `migrate`, `sign-in`: from nothing to a desk that somebody can sign in to."""

from typing import Annotated

import typer

from hubao.cli.desk.door import find, open_desk, whoever_runs_this
from hubao.cli.exits import told_as_exit_code
from hubao.kit.errors import BadInput


def init(context: typer.Context) -> None:
    """Make the data folder: secrets, keyset, database. What is there already stays as it is.

    Example: HUBAO_DATA=var/desk hubao desk init
    """
    with told_as_exit_code(context):
        find("init")()
    with open_desk(context):
        _migrate()
        typer.echo("The desk is set up. Import units and people, then let somebody sign in.")


def migrate(context: typer.Context) -> None:
    """Bring the database's tables up to date.

    Example: hubao desk migrate
    """
    with open_desk(context):
        _migrate()
        typer.echo("The database is up to date.")


def sign_in(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Id of an imported person.")],
) -> None:
    """Let a person sign in, with a new password that is shown once.

    Second factors that they had are forgotten: they set one up anew.

    Example: hubao desk sign-in E0001
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.people.operations import make_account  # noqa: PLC0415

        password = make_account(party=person, actor=whoever_runs_this(), at=timezone.now())
        typer.echo(f"{person} signs in with the password {password}")


def token(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of an imported service account or partner.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; again for each further scope.")],
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke its tokens first.")] = False,
) -> None:
    """Give a service account a token for the API, which is shown once.

    Example: hubao desk token crm --scope items.open --scope policies.write
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.actor import Permission  # noqa: PLC0415
        from hubao.desk.people.operations import issue_token, revoke_tokens  # noqa: PLC0415

        unknown = [one for one in scope if one not in set(Permission)]
        if unknown:
            raise BadInput(f"There is no scope {unknown[0]}: choose of {', '.join(Permission)}.")
        actor, now = whoever_runs_this(), timezone.now()
        if revoke:
            revoke_tokens(party=account, actor=actor, at=now)
        scopes = [Permission(one) for one in scope]
        typer.echo(issue_token(party=account, scopes=scopes, actor=actor, at=now))


def grant(
    context: typer.Context,
    role: Annotated[str, typer.Argument(help="The role in HUBAO_DATABASE_URL of the desk.")],
) -> None:
    """Let a PostgreSQL role run the desk: it may add to the ledger, but change nothing in it.

    Run this as the tables' owner, after each migrate; then serve as the other role.

    Example: hubao desk grant hubao_desk
    """
    with open_desk(context):
        from hubao.desk.ledger.grants import grant as grant_to  # noqa: PLC0415 - needs the desk

        grant_to(role)
        typer.echo(f"{role} may run the desk.")


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
