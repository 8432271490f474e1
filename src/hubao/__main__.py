"""`python -m hubao` is the `hubao` command."""

from hubao.cli import app

app(prog_name="hubao")
