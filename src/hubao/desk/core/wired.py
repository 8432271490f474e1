"""What entry points hand to the rooms: keys and places, wired once from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from hubao.desk.core.keys import KeysetFile


@dataclass(frozen=True)
class Wired:
    """Keys and places.

    Attributes:
        keys: what policy records are encrypted with.
        spool: file for refusals that the ledger couldn't take.
        idle_seconds: until an unused sign-in ends.
        demo: whether all data is made up, which every page then says.
    """

    keys: KeysetFile
    spool: Path
    idle_seconds: int
    demo: bool


def wired() -> Wired:
    """Give what `config` wired; for entry points only."""
    return cast(Wired, cast(Any, settings).HUBAO)
