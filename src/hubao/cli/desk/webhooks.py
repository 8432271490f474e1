"""`hubao desk webhook …`: where other systems are told what happens."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from hubao.cli.desk.door import open_desk, whoever_runs_this
from hubao.kit.errors import BadInput, HubaoError, Kind

webhooks: Final = typer.Typer(
    name="webhook",
    no_args_is_help=True,
    help="Tell other systems what happens, by signed calls of their addresses.",
)
Endpoint = Annotated[str, typer.Argument(help="Id, as add and list say it.")]


class NotDelivered(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A webhook that was sent as a test didn't arrive."""

    code = "webhook.not_delivered"
    kind = Kind.UNAVAILABLE


@webhooks.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="https://host/path that takes webhooks.")],
    topics: Annotated[str, typer.Option(metavar="TOPIC,…", help="What to tell of.")],
    client: Annotated[str, typer.Option(metavar="PARTY", help="A service account or partner.")],
) -> None:
    """Add an endpoint; its secret is shown once.

    Example: hubao desk webhook add https://crm.example/hooks --topics person.left --client crm
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.people.webhooks.operations import add_endpoint  # noqa: PLC0415

        made = add_endpoint(
            url=url,
            topics=[one.strip() for one in topics.split(",") if one.strip()],
            party=client,
            actor=whoever_runs_this(),
            at=timezone.now(),
            fields=wired().keys.fields(),
            reach=wired().reach,
        )
        typer.echo(f"{made.endpoint} signs with the secret {made.secret}")


@webhooks.command("list")
def list_all(context: typer.Context) -> None:
    """Show every endpoint: id, client, how it does, what waits and was given up, topics, address.

    Example: hubao desk webhook list
    """
    with open_desk(context):
        from hubao.desk.people.webhooks.queries import endpoints  # noqa: PLC0415

        for one in endpoints(actor=whoever_runs_this()):
            topics = ",".join(one.topics)
            typer.echo(
                f"{one.id} {one.party} {one.standing} {one.waiting:,} waiting,"
                f" {one.given_up:,} given up {topics} {one.url}"
            )


@webhooks.command("rotate")
def rotate(
    context: typer.Context,
    endpoint: Endpoint,
    overlap: Annotated[
        int, typer.Option(metavar="HOURS", min=0, max=168, help="How long both secrets sign.")
    ] = 24,
) -> None:
    """Put a new secret in the place of the old, which signs too for a while; shown once.

    Example: hubao desk webhook rotate c019abc --overlap 24
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.people.webhooks.operations import rotate_secret  # noqa: PLC0415

        secret = rotate_secret(
            endpoint=endpoint,
            overlap=timedelta(hours=overlap),
            actor=whoever_runs_this(),
            at=timezone.now(),
            fields=wired().keys.fields(),
        )
        typer.echo(f"{endpoint} signs with the secret {secret}")


@webhooks.command("disable")
def disable(context: typer.Context, endpoint: Endpoint) -> None:
    """Send an endpoint nothing more, for good.

    Example: hubao desk webhook disable c019abc
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.people.webhooks.operations import disable_endpoint  # noqa: PLC0415

        disable_endpoint(endpoint=endpoint, actor=whoever_runs_this(), at=timezone.now())
        typer.echo(f"{endpoint} is disabled.")


@webhooks.command("test")
def test(context: typer.Context, endpoint: Endpoint) -> None:
    """Send an endpoint a message that tells nothing, once, and say what became of it.

    Example: hubao desk webhook test c019abc
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.core.wired import wired  # noqa: PLC0415
        from hubao.desk.people.webhooks.operations import try_endpoint  # noqa: PLC0415

        reply = try_endpoint(
            endpoint=endpoint,
            actor=whoever_runs_this(),
            at=timezone.now(),
            fields=wired().keys.fields(),
            reach=wired().reach,
        )
        if reply.fault is not None:
            answered = f" (status {reply.status})" if reply.status else ""
            raise NotDelivered(f"The test didn't arrive: {reply.fault}{answered}.")
        typer.echo(f"{endpoint} answered with {reply.status}.")


@webhooks.command("replay")
def replay(
    context: typer.Context,
    endpoint: Endpoint,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="As 2026-11-27, or 2026-11-27T08:00+08:00.")
    ],
) -> None:
    """Send an endpoint again what was written since a time, under the same ids as before.

    A time without zone is Shanghai's.

    Example: hubao desk webhook replay c019abc --since 2026-11-27
    """
    with open_desk(context):
        from django.utils import timezone  # noqa: PLC0415 - needs the desk

        from hubao.desk.people.webhooks.operations import replay as send_again  # noqa: PLC0415

        total = send_again(
            endpoint=endpoint,
            since=_moment(since),
            actor=whoever_runs_this(),
            at=timezone.now(),
        )
        typer.echo(f"{total:,} messages are on their way; hubao desk worker sends them.")


def _moment(text: str) -> datetime:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - loads slowly

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("Write --since as 2026-11-27 or 2026-11-27T08:00+08:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
