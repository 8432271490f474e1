"""Encrypt single fields of records, and find them again without decrypting any.

A blind index is a keyed hash of a field's normal form, stored beside the encrypted field: equal
values have equal hashes, and nothing else can be learned from it without the key. Names of fields
go into both, so that equal values of two fields look unlike, and nothing encrypted can be moved
to another field or record.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from hubao.seal.keyset import Keyset
from hubao.seal.suites import PREFIX_BYTES, Unreadable, keyed_hash


class Fields:
    """What encrypts, decrypts and indexes fields with a keyset.

    Args:
        keyset: the keys; the first of each sort is the one to write with.
    """

    def __init__(self, keyset: Keyset) -> None:
        self._aeads = {one.prefix: one for one in (key.aead() for key in keyset.keys)}
        self._first = next(iter(self._aeads.values()))
        self._indexes = tuple(keyset.indexes)
        self._hashes: dict[str, tuple[Callable[[bytes], bytes], ...]] = {}

    @property
    def prefix(self) -> bytes:
        """Five bytes that all begins with that is encrypted now; others' want re-encryption."""
        return self._first.prefix

    def encrypt(self, clear: str, *, field: str, record: str) -> bytes:
        """Encrypt a value for one field of one record."""
        return self._first.encrypt(clear.encode(), _place(field, record))

    def encrypt_each(
        self, clear: Mapping[str, str], *, fields: Collection[str], record: str
    ) -> list[bytes | None]:
        """Encrypt values of a record, each by itself as `encrypt` does; None for what is blank."""
        get, end = clear.get, record.encode()
        return self._first.encrypt_each(
            [text.encode() if (text := get(name)) else None for name in fields],
            [_begin(name) + end for name in fields],
        )

    def decrypt(self, sealed: bytes, *, field: str, record: str) -> str:
        """Decrypt a value.

        Raises:
            Unreadable: it was changed, moved from another field or record, or its key is gone.
        """
        key = self._aeads.get(sealed[:PREFIX_BYTES])
        if key is None:
            raise Unreadable("This value can't be read: it was encrypted with a key that is gone.")
        return key.decrypt(sealed, _place(field, record)).decode()

    def index(self, normal: str, *, field: str) -> bytes:
        """Give the value to store beside a field, 16 bytes.

        Args:
            normal: the value in its normal form, in which equal means equal.
            field: its name.
        """
        return self._hashes_of(field)[0](normal.encode())

    def indexes(self, normal: str, *, field: str) -> Sequence[bytes]:
        """Give the values to search a field for: by every key in use, the newest first."""
        text = normal.encode()
        return [hashed(text) for hashed in self._hashes_of(field)]

    def _hashes_of(self, field: str) -> tuple[Callable[[bytes], bytes], ...]:
        if field not in self._hashes:
            begin = _place(field, "")
            self._hashes[field] = tuple(
                keyed_hash(key.suite, key.secret, begin) for key in self._indexes
            )
        return self._hashes[field]


def _place(field: str, record: str) -> bytes:
    """Join two texts so that no other two give the same."""
    return _begin(field) + record.encode()


@cache
def _begin(field: str) -> bytes:
    return f"{len(field)}:{field}".encode()
