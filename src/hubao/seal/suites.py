"""Two suites of algorithms for fields: the international one, and China's national one.

International: AES-256-GCM by Tink, HMAC-SHA-256. National: SM4-GCM (GB/T 32907) and HMAC-SM3
(GB/T 32905) by OpenSSL. What is encrypted begins with five bytes that say by which suite and key,
so that both can stand side by side while one takes the other's place.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, Protocol

import tink
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from tink import aead, proto_keyset_format, secret_key_access
from tink.proto import aes_gcm_pb2, tink_pb2

from hubao.kit.errors import HubaoError, Kind

PREFIX_BYTES: Final = 5
TAG_BYTES: Final = 16  # of a keyed hash, cut to 128 bits
_NONCE_BYTES: Final = 12
_GCM_TAG_BYTES: Final = 16
_SM4_MARK: Final = b"\x53"  # Tink's own ciphertexts begin with 1

aead.register()


class Suite(StrEnum):
    """Which algorithms."""

    INTERNATIONAL = "aes-256-gcm"
    NATIONAL = "sm4-gcm"


class Unreadable(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Something encrypted was changed, belongs elsewhere, or was made with another key."""

    code = "seal.unreadable"
    kind = Kind.UNAVAILABLE


class Aead(Protocol):
    """Encryption that also proves that nothing was changed and where the value belongs.

    Attributes:
        prefix: five bytes that everything it encrypts begins with.
    """

    prefix: bytes

    def encrypt(self, clear: bytes, place: bytes) -> bytes:
        """Encrypt; `place` is needed again to decrypt, and is not stored."""

    def encrypt_each(
        self, clear: Sequence[bytes | None], places: Sequence[bytes]
    ) -> list[bytes | None]:
        """Encrypt several values, each by itself for its own place; None stays None."""

    def decrypt(self, sealed: bytes, place: bytes) -> bytes:
        """Decrypt.

        Raises:
            Unreadable: it was changed, or made for another place or with another key.
        """


def new_secret(suite: Suite) -> bytes:
    """Make a new secret key for encryption."""
    if suite is Suite.NATIONAL:
        return secrets.token_bytes(4 + algorithms.SM4.block_size // 8)
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    made: bytes = proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    return made


def aead_of(suite: Suite, secret: bytes) -> Aead:
    """Give what encrypts with a secret of `new_secret`; ValueError if it is none."""
    return Sm4Gcm(secret) if suite is Suite.NATIONAL else TinkAes(secret)


def keyed_hash(suite: Suite, secret: bytes, begin: bytes = b"") -> Callable[[bytes], bytes]:
    """Give a hash with a key, 16 bytes: nobody without the key can try out all phone numbers.

    Args:
        suite: whose hash.
        secret: the key.
        begin: what all texts begin with; it is hashed once, here.
    """
    return _sm3(secret, begin) if suite is Suite.NATIONAL else _sha256(secret, begin)


def _sha256(secret: bytes, begin: bytes) -> Callable[[bytes], bytes]:
    """HMAC (RFC 2104): two hashes begun with the key, copied for each text; `hmac` is slower."""
    inner, outer = (hashlib.sha256(block) for block in _blocks(secret))
    inner.update(begin)

    def finish(text: bytes) -> bytes:
        within, around = inner.copy(), outer.copy()
        within.update(text)
        around.update(within.digest())
        return around.digest()[:TAG_BYTES]

    return finish


def _blocks(secret: bytes) -> tuple[bytes, bytes]:
    """The key as the inner and the outer hash begin with it."""
    size = hashlib.sha256().block_size
    key = (secret if len(secret) <= size else hashlib.sha256(secret).digest()).ljust(size, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def _sm3(secret: bytes, begin: bytes) -> Callable[[bytes], bytes]:
    begun = HMAC(secret, hashes.SM3())
    begun.update(begin)

    def finish(text: bytes) -> bytes:
        work = begun.copy()
        work.update(text)
        return work.finalize()[:TAG_BYTES]

    return finish


class TinkAes:
    """AES-256-GCM by Tink, which writes the prefix itself.

    Many values at once are encrypted by OpenSSL, in half the time and to the same form.
    """

    def __init__(self, secret: bytes) -> None:
        try:
            handle = proto_keyset_format.parse(secret, secret_key_access.TOKEN)
            self._aead = handle.primitive(aead.Aead)
        except tink.TinkError as error:
            raise ValueError("not a keyset of Tink's") from error
        (key,) = tink_pb2.Keyset.FromString(secret).key
        self._aes = AESGCM(aes_gcm_pb2.AesGcmKey.FromString(key.key_data.value).key_value)
        self.prefix = b"\x01" + handle.keyset_info().primary_key_id.to_bytes(4, "big")

    def encrypt(self, clear: bytes, place: bytes) -> bytes:
        """See `Aead`."""
        sealed: bytes = self._aead.encrypt(clear, place)
        return sealed

    def encrypt_each(
        self, clear: Sequence[bytes | None], places: Sequence[bytes]
    ) -> list[bytes | None]:
        """See `Aead`."""
        begin, encrypt = self.prefix, self._aes.encrypt
        return [
            None if text is None else begin + nonce + encrypt(nonce, text, place)
            for nonce, text, place in zip(_nonces(len(clear)), clear, places, strict=True)
        ]

    def decrypt(self, sealed: bytes, place: bytes) -> bytes:
        """See `Aead`."""
        try:
            clear: bytes = self._aead.decrypt(sealed, place)
        except tink.TinkError as error:
            raise _unreadable() from error
        return clear


class Sm4Gcm:
    """SM4-GCM by OpenSSL: prefix, nonce, what was encrypted, tag."""

    def __init__(self, secret: bytes) -> None:
        self.prefix = _SM4_MARK + secret[:4]
        self._key = algorithms.SM4(secret[4:])

    def encrypt(self, clear: bytes, place: bytes) -> bytes:
        """See `Aead`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        work = Cipher(self._key, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(place)
        body = work.update(clear) + work.finalize()
        return self.prefix + nonce + body + work.tag

    def encrypt_each(
        self, clear: Sequence[bytes | None], places: Sequence[bytes]
    ) -> list[bytes | None]:
        """See `Aead`."""
        pairs = zip(clear, places, strict=True)
        return [None if text is None else self.encrypt(text, place) for text, place in pairs]

    def decrypt(self, sealed: bytes, place: bytes) -> bytes:
        """See `Aead`."""
        nonce, body = sealed[PREFIX_BYTES:][:_NONCE_BYTES], sealed[PREFIX_BYTES + _NONCE_BYTES :]
        if not sealed.startswith(self.prefix) or len(body) < _GCM_TAG_BYTES:
            raise _unreadable()
        work = Cipher(self._key, modes.GCM(nonce, body[-_GCM_TAG_BYTES:])).decryptor()
        work.authenticate_additional_data(place)
        try:
            return work.update(body[:-_GCM_TAG_BYTES]) + work.finalize()
        except InvalidTag as error:
            raise _unreadable() from error


def _nonces(count: int) -> list[bytes]:
    """Draw nonces, all in one go: asking for each would take as long as encrypting."""
    drawn = secrets.token_bytes(count * _NONCE_BYTES)
    return [drawn[at : at + _NONCE_BYTES] for at in range(0, len(drawn), _NONCE_BYTES)]


def _unreadable() -> Unreadable:
    return Unreadable("This value can't be read: it was changed, or belongs to another record.")
