"""`hubao desk serve` and `worker`: the two processes that a desk is."""

from typing import Annotated

import typer

from hubao.cli.desk.door import find, open_desk


def serve(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 2,
) -> None:
    """Serve the console.

    Example: hubao desk serve --port 8000
    """
    with open_desk(context):
        find("serve")(host=host, port=port, workers=workers)


def worker(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due, then stop.")] = False,
) -> None:
    """Do what is due besides: seal the ledger, end access, take refusals in, send webhooks.

    Example: hubao desk worker
    """
    with open_desk(context):
        find("work")(once=once)
