"""Secrets of endpoints as they are stored: encrypted, each for its endpoint."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hubao.desk.people.models import Endpoint
from hubao.seal.fields import Fields

_FIELD: Final = "webhook_secret"
_COLUMNS: Final = ("secret", "old_secret")


def sealed(secret: str, *, endpoint: str, fields: Fields) -> bytes:
    """Encrypt a secret."""
    return fields.encrypt(secret, field=_FIELD, record=endpoint)


def secrets_of(row: Endpoint, *, at: datetime, fields: Fields) -> list[str]:
    """Give what an endpoint's webhooks are signed with now, the newest first.

    Raises:
        Unreadable: a secret can't be decrypted.
    """
    old = row.old_secret if row.old_until is not None and row.old_until > at else None
    there = [bytes(one) for one in (row.secret, old) if one is not None]
    return [fields.decrypt(one, field=_FIELD, record=row.id) for one in there]


def secrets_anew(*, fields: Fields) -> None:
    """Encrypt with the newest key what isn't yet; what changes meanwhile is left as it is."""
    for row, column, before in _older(fields):
        clear = fields.decrypt(before, field=_FIELD, record=row.id)
        fresh = sealed(clear, endpoint=row.id, fields=fields)
        Endpoint.objects.filter(id=row.id, **{column: before}).update(**{column: fresh})


def are_secrets_new(*, fields: Fields) -> bool:
    """Tell whether none needs an older key than the newest."""
    return next(_older(fields), None) is None


def _older(fields: Fields) -> Iterator[tuple[Endpoint, str, bytes]]:
    for row in Endpoint.objects.filter(disabled_at=None):
        for column in _COLUMNS:
            found = getattr(row, column)
            if found is not None and not bytes(found).startswith(fields.prefix):
                yield row, column, bytes(found)
