"""The `hubao` command line: each command translates in, makes one call, translates out."""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from hubao import __version__
from hubao.cli.demo import demo
from hubao.cli.desk import desk
from hubao.cli.index import index
from hubao.cli.lake import lake
from hubao.cli.leaked import leaked
from hubao.cli.ledger import ledger
from hubao.cli.trace import trace
from hubao.cli.world import world

app = typer.Typer(
    name="hubao",
    no_args_is_help=True,
    # The pretty tracebacks would print local variables, that is, people's data.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("trace")(trace)
app.command("index")(index)
app.command("leaked")(leaked)
app.command("demo")(demo)
app.add_typer(world)
app.add_typer(desk)
app.add_typer(ledger)
app.add_typer(lake)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hubao {__version__}")
        raise typer.Exit


@app.callback()
def hubao(
    context: typer.Context,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            envvar="HUBAO_DEBUG",
            help="Show the whole traceback when hubao itself fails; it may quote your data.",
        ),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Say the version and stop."
        ),
    ] = False,
) -> None:
    """Trace leaked policy data to its source (护保).

    Exit codes: 0 done, 1 hubao itself failed, 2 bad input, 130 stopped by Ctrl-C.
    """
    context.obj = debug
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a Chinese name shows a question mark and goes on.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
