"""The same request twice is one: its answer is kept under the key that the client gave it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from hubao.desk.core.models import Answer
from hubao.desk.core.transactions import durable
from hubao.kit.errors import HubaoError, Kind

LOST_AFTER: Final = timedelta(minutes=5)  # then whoever did it has crashed, and it is done again


class KeyReused(HubaoError):  # noqa: N818 - says what happened, as its base does
    """An idempotency key was used before, for another request."""

    code = "core.key_reused"
    kind = Kind.CONFLICT


class StillRunning(HubaoError):  # noqa: N818 - as above
    """The same request is being answered just now."""

    code = "core.still_running"
    kind = Kind.CONFLICT


def answered_once(
    *, client: str, key: str, asked: bytes, at: datetime, answer: Callable[[], tuple[int, str]]
) -> tuple[int, str]:
    """Answer a request, or give the answer that it had before.

    A failure isn't kept: the client may mend its request or try again under the same key.

    Args:
        client: who asks.
        key: as the client chose it.
        asked: the whole request, address and body.
        at: now.
        answer: does what is asked; gives status and body.

    Raises:
        KeyReused: the key was used for another request.
        StillRunning: it is being answered just now.
    """
    # With a key: a plain hash of a request would tell who guesses what was in it that he is right.
    digest = salted_hmac(__name__, asked, algorithm="sha256").digest()
    known = _claimed(client, key, digest, at)
    if known is not None:
        return known
    mine = Answer.objects.filter(client=client, key=key)
    try:
        status, body = answer()
        mine.update(status=status, body=body)
    finally:
        mine.filter(status=None).delete()
    return status, body


def _claimed(client: str, key: str, digest: bytes, at: datetime) -> tuple[int, str] | None:
    """Begin a request; gives its answer if it had one before."""
    try:
        with durable():
            Answer.objects.create(client=client, key=key, digest=digest, began_at=at)
            return None
    except IntegrityError:
        known = Answer.objects.get(client=client, key=key)
    if bytes(known.digest) != digest:
        raise KeyReused("This Idempotency-Key was used for another request: choose a new one.")
    if known.status is not None:
        return known.status, known.body or ""
    lost = Answer.objects.filter(id=known.id, status=None, began_at__lt=at - LOST_AFTER)
    if lost.update(began_at=at) != 1:
        raise StillRunning("The same request is being answered just now: ask again in a moment.")
    return None
