"""What entry points hand to the rooms: keys and places, wired once from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from hubao.desk.core.keys import KeysetFile


@dataclass(frozen=True)
class Log:
    """The ledger as others know it.

    Attributes:
        origin: its name, for all time.
        key: its public key, 32 bytes; None while it has none.
        signer: socket of who signs; None if nobody does.
        heads_to: places for signed heads, as in the setting.
        mail_server: host:port that takes mail.
    """

    origin: str
    key: bytes | None = None
    signer: Path | None = None
    heads_to: str = ""
    mail_server: str | None = None


@dataclass(frozen=True)
class Wired:
    """Keys and places.

    Attributes:
        keys: what policy records are encrypted with.
        spool: file for refusals that the ledger couldn't take.
        log: how the ledger's heads are signed, and where they go.
        lake: folder of access events.
        feeds: folder of what other systems push, and of what was set aside.
        idle_seconds: until an unused sign-in ends.
        demo: whether all data is made up, which every page then says.
    """

    keys: KeysetFile
    spool: Path
    log: Log
    lake: Path
    feeds: Path
    idle_seconds: int
    demo: bool


def wired() -> Wired:
    """Give what `config` wired; for entry points only."""
    return cast(Wired, cast(Any, settings).HUBAO)
