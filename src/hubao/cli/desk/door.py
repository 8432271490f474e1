"""The door to the desk, which is there if hubao was installed with it."""

import getpass
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.kit.errors import BadInput

if TYPE_CHECKING:
    from hubao.desk.core.actor import Actor

_NEEDS: Final = {
    "allauth", "dj_database_url", "django", "prometheus_client", "pydantic", "pydantic_settings",
    "unfold",
}  # fmt: skip


class NoDesk(BadInput):
    """hubao was installed without the desk."""

    code = "desk.not_installed"


@contextmanager
def open_desk(context: typer.Context) -> Iterator[None]:
    """Set the desk up; what goes wrong within becomes a sentence and an exit code."""
    with told_as_exit_code(context):
        find("start")()
        yield


def find(name: str) -> Callable[..., None]:
    """Load one of the desk's entry points.

    Raises:
        NoDesk: it isn't installed.
    """
    try:
        (found,) = entry_points(group="hubao.desk", name=name)
        loaded: Callable[..., None] = found.load()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDS:
            raise
        raise NoDesk("The desk isn't installed: pip install 'hubao[desk]'.") from None
    return loaded


def whoever_runs_this() -> "Actor":
    """Give the actor that command lines act as: it may what the owner of the server may."""
    from hubao.desk.core.actor import Actor, Permission  # noqa: PLC0415 - needs the desk

    name = re.sub(r"[^A-Za-z0-9_.-]", "_", getpass.getuser())[:40]
    return Actor(id=f"cli:{name}", units=None, scopes=frozenset(Permission))
