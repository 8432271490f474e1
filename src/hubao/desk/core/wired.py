"""What entry points hand to the rooms: keys and places, wired once from the environment."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.messages.letters import Sender, Unset
from hubao.desk.core.reach import Reach


@dataclass(frozen=True)
class Log:
    """The ledger as others know it.

    Attributes:
        origin: its name, for all time.
        key: its public key, 32 bytes; None while it has none.
        signer: socket of who signs; None if nobody does.
        heads_to: places for signed heads, as in the setting.
        mail_server: host:port that takes mail.
        tsa_roots: PEM file of the roots that time stamps are held to.
    """

    origin: str
    key: bytes | None = None
    signer: Path | None = None
    heads_to: str = ""
    mail_server: str | None = None
    tsa_roots: Path | None = None


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider that people may sign in with.

    Attributes:
        issuer: its address, and its name in what it signs.
        client: the desk's name there.
        secret: the desk's secret there.
        name: words on the button; empty for the desk's own.
        claim: what of a token holds the login.
        trusted: values of `acr` and `amr` that count as a second factor.
        fresh: how long ago it may have asked who it is; None if it asks anew and needn't tell.
    """

    issuer: str
    client: str
    secret: str = field(repr=False)
    name: str = ""
    claim: str = "sub"
    trusted: frozenset[str] = frozenset()
    fresh: timedelta | None = None


@dataclass(frozen=True)
class Wired:
    """Keys and places.

    Attributes:
        keys: what policy records are encrypted with.
        spool: file for refusals that the ledger couldn't take.
        person_keys: file of the keys that archived entries are read with.
        log: how the ledger's heads are signed, and where they go.
        lake: folder of access events.
        feeds: folder of what other systems push, and of what was set aside.
        idle_seconds: until an unused sign-in ends.
        demo: whether all data is made up, which every page then says.
        reach: which web addresses may be called.
        metrics_token: what opens the page of metrics; None opens it to this machine only.
        insurer: the name that policyholders know; empty if nobody told it.
        sender: what carries messages to policyholders.
        reports_to: unit that deals with policyholders' reports; empty for the top one.
        provider: whom people may sign in with besides; None if it is passwords only.
    """

    keys: KeysetFile
    spool: Path
    person_keys: Path
    log: Log
    lake: Path
    feeds: Path
    idle_seconds: int
    demo: bool
    reach: Reach = field(default_factory=Reach)
    metrics_token: str | None = field(default=None, repr=False)
    insurer: str = ""
    sender: Sender = field(default_factory=Unset)
    reports_to: str = ""
    provider: Provider | None = None


def wired() -> Wired:
    """Give what `config` wired; for entry points only."""
    return cast(Wired, cast(Any, settings).HUBAO)
