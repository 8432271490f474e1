"""`hubao desk …`: set the desk up, fill it, run it."""

from typing import Final

import typer

from hubao.cli.desk.backups import backup, restore
from hubao.cli.desk.demo import demo
from hubao.cli.desk.imports import imports
from hubao.cli.desk.keys import keys
from hubao.cli.desk.running import serve, worker
from hubao.cli.desk.setting_up import grant, init, migrate, sign_in, token
from hubao.cli.desk.webhooks import webhooks

desk: Final = typer.Typer(
    name="desk",
    no_args_is_help=True,
    help="The console and API for protected policy records: set up, fill, run.",
)
desk.command("init")(init)
desk.command("migrate")(migrate)
desk.command("grant")(grant)
desk.command("sign-in")(sign_in)
desk.command("token")(token)
desk.command("demo")(demo)
desk.command("serve")(serve)
desk.command("worker")(worker)
desk.command("backup")(backup)
desk.command("restore")(restore)
desk.add_typer(imports)
desk.add_typer(keys)
desk.add_typer(webhooks)
