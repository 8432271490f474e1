"""One thing that somebody can ask the desk for, and ways to ask so that a table can say it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.kit.errors import HubaoError
from tests.makers.branch import Place


@dataclass(frozen=True)
class Asked:
    """One thing to ask for.

    Attributes:
        call: asks for it, in a place.
        needs: what must be allowed; None where it is one's own.
        also: what does instead of that.
        whole: why branches don't part it, where they don't.
    """

    call: Callable[[Actor, Place], Any]
    needs: Permission | None = None
    whole: str = ""
    also: frozenset[Permission] = frozenset()


def tried(ask: Callable[..., Any], **told: object) -> str:
    """Ask for what isn't there: whoever may ask learns that, all others that they may not.

    Raises:
        NotAllowed: they may not.
    """
    try:
        ask(**told)
    except NotAllowed:
        raise
    except HubaoError as missing:
        return missing.code
    return "done"


def did(do: Callable[..., None], **told: object) -> str:
    """Do something, and say so."""
    do(**told)
    return "done"
