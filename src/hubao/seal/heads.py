"""Signed tree heads: how long the log was, with which root, and when, under an Ed25519 signature.

The form is that of public transparency logs, so that their verifiers and witnesses read it too: a
checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP signed-note), the time as its one
extension line::

    insurer.example/ledger
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    at 2026-11-26T15:00:00Z

    — insurer.example/ledger Az3grlgt…
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.tree import HASH_BYTES

_ED25519: Final = b"\x01"  # the note format's number of this sort of signature
_ID_BYTES: Final = 4
_PRINTED: Final = "%Y-%m-%dT%H:%M:%SZ"
_FORM: Final = (
    "This is no tree head: it needs four lines, the log's name, its size, its root in base 64,"
    ' and "at" with the time.'
)


class BadHead(BadInput):
    """A tree head can't be read."""

    code = "seal.bad_head"


class WrongSignature(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A tree head bears no signature of the key that should have signed it."""

    code = "seal.wrong_signature"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Head:
    """A log at one time.

    Attributes:
        origin: the log's name, for all time; without blanks and "+".
        size: entries.
        root: of the tree over them, 32 bytes.
        at: when, in UTC, to the second.
    """

    origin: str
    size: int
    root: bytes
    at: datetime

    def __post_init__(self) -> None:
        if not self.origin or any(letter.isspace() or letter == "+" for letter in self.origin):
            raise BadHead('A log\'s name is a word without blanks and "+".')
        if self.size < 0 or len(self.root) != HASH_BYTES:
            raise BadHead("A tree head has a size from 0 on and a root of 32 bytes.")

    def text(self) -> str:
        """Give what is signed."""
        root = base64.b64encode(self.root).decode()
        at = self.at.astimezone(UTC).strftime(_PRINTED)
        return f"{self.origin}\n{self.size}\n{root}\nat {at}\n"


def sign(head: Head, key: Ed25519PrivateKey) -> str:
    """Give the head as a signed note."""
    text = head.text()
    named = key_id(head.origin, key.public_key())
    signature = base64.b64encode(named + key.sign(text.encode())).decode()
    return f"{text}\n— {head.origin} {signature}\n"


def read_signed(note: str, key: Ed25519PublicKey) -> Head:
    """Read a signed note, and hold it to the key that should have signed it.

    Raises:
        BadHead: it is no signed tree head.
        WrongSignature: none of its signatures is this key's.
    """
    text, blank, signatures = note.partition("\n\n")
    if not blank:
        raise BadHead("This is no signed tree head: it has no line of signatures.")
    head = read_head(f"{text}\n")
    named = key_id(head.origin, key)
    for line in signatures.splitlines():
        if _signs(line, f"{text}\n", head.origin, named, key):
            return head
    raise WrongSignature(f"The tree head of {head.size:,} entries isn't signed by the log's key.")


def read_head(text: str) -> Head:
    """Read a head's text, without signatures.

    Raises:
        BadHead: it is none.
    """
    try:
        origin, size, root, at, end = text.split("\n")
        when = datetime.strptime(at, f"at {_PRINTED}").replace(tzinfo=UTC)
        head = Head(origin, int(size), base64.b64decode(root, validate=True), when)
    except ValueError as error:  # binascii's too
        raise BadHead(_FORM) from error
    if end or head.text() != text:  # one head, one text
        raise BadHead(_FORM)
    return head


def key_id(name: str, key: Ed25519PublicKey) -> bytes:
    """Four bytes that say which key signed; they prove nothing."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[
        :_ID_BYTES
    ]


def _signs(line: str, text: str, name: str, named: bytes, key: Ed25519PublicKey) -> bool:
    dash, _, rest = line.partition(" ")
    signer, _, coded = rest.partition(" ")
    if dash != "—" or signer != name:
        return False
    try:
        signature = base64.b64decode(coded, validate=True)
        key.verify(signature.removeprefix(named), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return signature.startswith(named) and coded == base64.b64encode(signature).decode()
