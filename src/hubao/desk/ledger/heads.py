"""Have the log's head signed, by whoever holds the key, and keep it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubao.desk.core.transactions import durable
from hubao.desk.core.wired import Log
from hubao.desk.ledger import queries
from hubao.desk.ledger.models import Head as KeptHead
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.publishing import places, publish
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.heads import Head, read_signed
from hubao.seal.signer import Refused
from hubao.seal.signer import ask as ask_signer

Ask = Callable[[Head, Sequence[bytes]], str]  # a head, and proof since the last: a signed note


class Forked(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The signer signed a head that isn't this log's: one of them was tampered with."""

    code = "ledger.forked"
    kind = Kind.CONFLICT


class NoSigner(BadInput):
    """No signer is told that could sign the ledger's head."""

    code = "ledger.no_signer"


def sign_head(*, origin: str, ask: Ask, key: Ed25519PublicKey, at: datetime) -> str:
    """Give all that is pending its place, have the head signed, and keep it.

    Args:
        origin: the log's name.
        ask: the signer.
        key: the log's public key.
        at: now.

    Returns:
        The signed note.

    Raises:
        Refused: the signer signs nothing; nothing is kept.
        Forked: the last head that it signed isn't this log's.
        WrongSignature: it signed with another key.
    """
    sequence_pending()
    entries = queries.size()
    head = Head(origin, entries, queries.root_at(entries), at.replace(microsecond=0))
    last = queries.last_head()
    old = read_signed(last, key).size if last else 0
    try:
        note = ask(head, queries.prove_growth(old, entries))
    except Refused as refused:
        if refused.last is None:
            raise
        old = _caught_up(refused.last, key)
        note = ask(head, queries.prove_growth(old, entries))
    return _kept(note, key)


def sign_and_publish(log: Log, *, at: datetime) -> str:
    """Have the head signed by the signer on its socket, and put it into its places outside.

    Raises:
        NoSigner: none is told.
        Refused, Forked, WrongSignature: as `sign_head`.
        NotPublished: it is in too few places.
    """
    if log.signer is None or log.key is None:
        raise NoSigner("Nobody signs this ledger: run hubao ledger signer, and set what it says.")
    key = Ed25519PublicKey.from_public_bytes(log.key)
    note = sign_head(origin=log.origin, ask=partial(ask_signer, log.signer), key=key, at=at)
    to = places(log.heads_to, mail_server=log.mail_server, tsa_roots=log.tsa_roots)
    publish(note, size=read_signed(note, key).size, to=to)
    with durable():
        place = KeptHead.objects.get(note=note).id
        Mark.objects.update_or_create(name=queries.PUBLISHED, defaults={"place": place})
    return note


def _caught_up(note: str, key: Ed25519PublicKey) -> int:
    """Take over a head that the signer signed and we don't know, after a crash of ours."""
    head = read_signed(note, key)
    if head.size > queries.size() or queries.root_at(head.size) != head.root:
        raise Forked(
            f"The signer signed a log of {head.size:,} entries that this ledger doesn't begin"
            " with: compare both with the heads held outside.",
            size=head.size,
        )
    _kept(note, key)
    return head.size


def _kept(note: str, key: Ed25519PublicKey) -> str:
    head = read_signed(note, key)
    with durable():
        if not KeptHead.objects.filter(note=note).exists():
            KeptHead.objects.create(size=head.size, at=head.at, note=note)
    return note
