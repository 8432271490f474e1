"""Secrets of second factors as they are stored: encrypted, since whoever has them can sign in."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any, Final

from allauth.mfa.models import Authenticator

from hubao.seal.fields import Fields

_FIELD: Final = "second_factor"  # allauth doesn't say whose it is, so it is bound to no record
_SECRETS: Final = ("secret", "seed")


def sealed(secret: str, *, fields: Fields) -> str:
    """Encrypt a secret."""
    return b64encode(fields.encrypt(secret, field=_FIELD, record="")).decode()


def opened(text: str, *, fields: Fields) -> str:
    """Decrypt a secret.

    Raises:
        Unreadable: it was changed, or its key is gone.
    """
    return fields.decrypt(b64decode(text), field=_FIELD, record="")


def second_factors_anew(*, fields: Fields) -> None:
    """Encrypt with the newest key what isn't yet; what changes meanwhile is left as it is."""
    for row, name in _older(fields):
        fresh: dict[str, Any] = row.data | {
            name: sealed(opened(row.data[name], fields=fields), fields=fields)
        }
        Authenticator.objects.filter(id=row.id, data=row.data).update(data=fresh)


def are_second_factors_new(*, fields: Fields) -> bool:
    """Tell whether none needs an older key than the newest."""
    return next(_older(fields), None) is None


def _older(fields: Fields) -> Iterator[tuple[Authenticator, str]]:
    for row in Authenticator.objects.order_by("id"):
        for name in _SECRETS:
            if name in row.data and not b64decode(row.data[name]).startswith(fields.prefix):
                yield row, name
