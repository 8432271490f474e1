"""Keysets: the keys that fields are encrypted and searched with, themselves encrypted at rest.

A keyset is a file; the key-encryption key that opens it comes from somewhere else (another file,
the environment, a key management service), so that neither a stolen disk nor a database dump
opens anything. New keys go in front, old ones stay until nothing is encrypted with them any more.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hubao.kit.errors import BadInput
from hubao.seal.suites import Aead, Suite, aead_of, new_secret

FORMAT: Final = 1
_PLACE: Final = b"hubao keyset"
_INDEX_SECRET_BYTES: Final = 32
_SORTS: Final = ("keys", "indexes")


class BadKey(BadInput):
    """A key or keyset can't be used."""

    code = "seal.bad_key"


class KeyEncryption(Protocol):
    """What encrypts keysets: a key of our own, or a key management service's.

    Attributes:
        name: says which key, beside what it encrypted; no secret.
    """

    name: str

    def wrap(self, clear: bytes) -> bytes:
        """Encrypt a keyset."""

    def unwrap(self, sealed: bytes) -> bytes:
        """Decrypt a keyset."""


@dataclass(frozen=True)
class Key:
    """One secret and its suite; its text form is "suite:base64"."""

    suite: Suite
    secret: bytes

    @classmethod
    def new(cls, suite: Suite) -> "Key":
        """Make one to encrypt with."""
        return cls(suite, new_secret(suite))

    @classmethod
    def new_index(cls, suite: Suite) -> "Key":
        """Make one to search with."""
        return cls(suite, secrets.token_bytes(_INDEX_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> "Key":
        """Read a key's text.

        Raises:
            BadKey: it is none; the text is not repeated.
        """
        suite, colon, coded = text.strip().partition(":")
        try:
            if not colon or not coded:
                raise ValueError("no secret")
            return cls(Suite(suite), b64decode(coded, validate=True))
        except ValueError as error:
            raise BadKey(
                'This is no key: a key is "aes-256-gcm:" or "sm4-gcm:" and its secret in base 64.'
            ) from error

    @property
    def text(self) -> str:
        """The key in one line, to be kept in a secret place."""
        return f"{self.suite}:{b64encode(self.secret).decode()}"

    def __repr__(self) -> str:  # never the secret, in no log and no traceback
        return f"Key({self.suite})"

    def aead(self) -> Aead:
        """Give what encrypts with it."""
        try:
            return aead_of(self.suite, self.secret)
        except ValueError as error:
            raise BadKey("This key has the wrong length or form for its suite.") from error


class LocalKey:
    """A key-encryption key that we hold ourselves.

    Args:
        key: made by `Key.new`.
    """

    def __init__(self, key: Key) -> None:
        self._aead = key.aead()
        self.name = f"local {self._aead.prefix.hex()}"

    def wrap(self, clear: bytes) -> bytes:
        """Encrypt a keyset."""
        return self._aead.encrypt(clear, _PLACE)

    def unwrap(self, sealed: bytes) -> bytes:
        """Decrypt a keyset.

        Raises:
            Unreadable: it was made with another key, or changed.
        """
        return self._aead.decrypt(sealed, _PLACE)


@dataclass(frozen=True)
class Keyset:
    """Keys in use, the newest first.

    Attributes:
        keys: to encrypt with the first, to decrypt with any.
        indexes: to write search values with the first, to search with any.
    """

    keys: Sequence[Key]
    indexes: Sequence[Key]

    @classmethod
    def new(cls, suite: Suite) -> "Keyset":
        """Make one with a key of each sort."""
        return cls((Key.new(suite),), (Key.new_index(suite),))

    def rotated(self, suite: Suite) -> "Keyset":
        """Give one with new keys in front."""
        return Keyset((Key.new(suite), *self.keys), (Key.new_index(suite), *self.indexes))

    def retired(self) -> "Keyset":
        """Give one without the old keys; what is still encrypted with them is lost."""
        return Keyset(self.keys[:1], self.indexes[:1])

    def joined(self, other: "Keyset") -> "Keyset":
        """Give one that also reads and finds what was written with another's keys."""
        return Keyset(*(_with(getattr(self, one), getattr(other, one)) for one in _SORTS))

    def sealed(self, by: KeyEncryption) -> str:
        """Give the keyset's file: JSON, the keys encrypted."""
        inner = {name: [k.text for k in getattr(self, name)] for name in _SORTS}
        wrapped = b64encode(by.wrap(json.dumps(inner).encode())).decode()
        return json.dumps({"keyset": FORMAT, "by": by.name, "wrapped": wrapped}, indent=1) + "\n"

    @classmethod
    def opened(cls, text: str, by: KeyEncryption) -> "Keyset":
        """Open a keyset's file.

        Raises:
            BadKey: it is no keyset, or was encrypted by another key than this.
        """
        try:
            outer = json.loads(text)
            form, named, wrapped = outer["keyset"], outer["by"], b64decode(outer["wrapped"])
        except (ValueError, TypeError, KeyError) as error:
            raise BadKey("This is no keyset: it isn't the JSON that hubao writes.") from error
        if form != FORMAT:
            raise BadKey(f"This keyset has format {form}; this hubao reads format {FORMAT}.")
        if named != by.name:
            raise BadKey(f"This keyset was encrypted by the key “{named}”, not by “{by.name}”.")
        inner = json.loads(by.unwrap(wrapped))
        return cls(*(tuple(map(Key.read, inner[name])) for name in _SORTS))


def _with(keys: Sequence[Key], more: Sequence[Key]) -> Sequence[Key]:
    return (*keys, *(one for one in more if one not in keys))
