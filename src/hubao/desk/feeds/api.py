"""Events, as other systems push them."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hubao.desk.core.api import PROBLEMS, IdempotencyKey, client, once
from hubao.desk.core.wired import wired
from hubao.desk.feeds.operations.imports import Wires
from hubao.desk.feeds.operations.push import MOST_BYTES, TooLarge, push
from hubao.desk.feeds.places import Places

router: Final = Router(tags=["feeds"])
Name = Annotated[str, Field(max_length=40)]
_EVENT: Final = {
    "type": "object",
    "description": "One event, under the source's own names: at, actor, policy; and, if there are,"
    " event (its id), action, fields, purpose, ticket, batch.",
}
_BODY: Final[dict[str, Any]] = PROBLEMS | {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "items": _EVENT, "minItems": 1}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One a line."}},
        },
    }
}


class Pushed(Schema):
    """What became of a push; times are read when it is imported, so more may be set aside then."""

    id: str
    accepted: int
    rejected: int
    skipped: int


@router.post(
    "/feeds/{source}/events",
    response={202: Pushed},
    summary="Push access events",
    openapi_extra=_BODY,
)
def post_events(
    request: HttpRequest, source: Name, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Scope: feeds.push. For the source's own system; on disk before it is answered."""
    now = timezone.now()
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge(f"A push is at most {MOST_BYTES:,} bytes: send several.") from None

    def do() -> dict[str, Any]:
        here = wired()
        wires = Wires(Places(here.lake, here.feeds), here.keys.fields())
        return asdict(push(source=source, body=body, actor=client(request), at=now, wires=wires))

    return once(request, idempotency_key, now, do, status=202)
