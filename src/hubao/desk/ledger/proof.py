"""Proofs as JSON that anybody can check: an entry, its place, and the signed head it is under."""

import json
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.ledger.about import key_of
from hubao.desk.ledger.models import About
from hubao.desk.ledger.queries import NoSuchEntry, last_head, prove_entry
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.heads import read_head, read_signed
from hubao.seal.proofs import is_included
from hubao.seal.tree import leaf_hash

FORMAT = "hubao-inclusion-1"


class NoHead(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No head is signed yet that an entry could be proved under."""

    code = "ledger.no_head"
    kind = Kind.CONFLICT


class BadProof(BadInput):
    """A text is no proof as `prove` writes it."""

    code = "ledger.bad_proof"


def prove(*, event: str, actor: Actor) -> str:
    """Prove an entry, found by its event id, to be under the head signed last; gives JSON.

    Raises:
        NotAllowed: the actor may not read the ledger.
        NoHead: none is signed yet.
        NoSuchEntry: no such entry is under it.
    """
    actor.require(Permission.READ_LEDGER)
    note = last_head()
    if note is None:
        raise NoHead("No head is signed yet: run hubao ledger head.")
    head = read_head(note.partition("\n\n")[0] + "\n")
    proof = prove_entry(_number(event), entries=head.size)
    return json.dumps(
        {
            "format": FORMAT,
            "entry": proof.body,
            "index": proof.index,
            "size": proof.size,
            "path": [b64encode(one).decode() for one in proof.path],
            "head": note,
        },
        indent=1,
    )


def is_proved(text: str, *, key: Ed25519PublicKey) -> bool:
    """Tell whether a proof's entry stands under its head, and the key signed that.

    Raises:
        BadProof: it is none.
        WrongSignature: the head isn't signed by this key.
    """
    try:
        told = json.loads(text)
        entry, index, size = str(told["entry"]), int(told["index"]), int(told["size"])
        path = [b64decode(one, validate=True) for one in told["path"]]
        note = str(told["head"])
    except (ValueError, TypeError, KeyError) as error:
        raise BadProof("This is no proof as hubao ledger prove writes it.") from error
    head = read_signed(note, key)
    return size == head.size and is_included(
        leaf_hash(entry.encode()), index=index, size=size, path=path, root=head.root
    )


def _number(event: str) -> int:
    key = key_of(event=event)
    number = About.objects.filter(key=key).values_list("entry", flat=True).first()
    if number is None:
        raise NoSuchEntry("The ledger has no entry of this event.")
    return number
