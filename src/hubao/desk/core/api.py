"""What every part of the API shares: who asks, and that the same request twice is one."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Header

from hubao.desk.core.actor import Actor
from hubao.desk.core.idempotency import answered_once

KEY_LONGEST: Final = 120
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LONGEST,
        pattern=r"^[\x21-\x7e]+$",
        description="A new word for each request; the same again gives the same answer.",
    ),
]


_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; see the reference of errors."},
        "detail": {"type": "string", "description": "One sentence, without personal data."},
    },
}
_TOLD: Final = {
    400: "Something in the request can't be used",
    401: "No known service account's token",
    403: "The token's scopes don't allow this",
    404: "Nothing of this name is within reach",
    409: "Something is in the way",
    422: "The request doesn't keep to this description",
    503: "The ledger or the keys can't be used just now",
}
# Given to every operation: what may go wrong, as problem JSON.
PROBLEMS: Final[dict[str, Any]] = {
    "responses": {
        code: {
            "description": told,
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
        for code, told in _TOLD.items()
    }
}


def client(request: HttpRequest) -> Actor:
    """Give the service account that asks."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def once(
    request: HttpRequest,
    key: str,
    at: datetime,
    do: Callable[[], Mapping[str, Any]],
    *,
    status: int,
) -> HttpResponse:
    """Do what a request asks, once; answer with JSON."""

    def answer() -> tuple[int, str]:
        return status, json.dumps(do())

    asked = f"{request.method} {request.path}\n".encode() + request.body
    code, body = answered_once(
        client=client(request).id, key=key, asked=asked, at=at, answer=answer
    )
    return HttpResponse(body, status=code, content_type="application/json")
