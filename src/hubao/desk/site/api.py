"""The API, put together from the rooms' parts: `/api/v1`."""

from typing import Annotated, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Query, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from hubao import __version__
from hubao.desk.core.actor import Actor
from hubao.desk.core.api import PROBLEMS, client
from hubao.desk.core.problems import problem, problem_of
from hubao.desk.ledger.proof import prove
from hubao.desk.ledger.queries import PAGE, entries
from hubao.desk.people.api import router as people
from hubao.desk.people.identity import NotSignedIn
from hubao.desk.people.queries import actor_of_token
from hubao.desk.policies.api import router as policies
from hubao.kit.errors import HubaoError


class ServiceToken(HttpBearer):
    """A service account's token, as `Authorization: Bearer hubao_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Give who shows a token."""
        del request
        try:
            return actor_of_token(token=token, at=timezone.now())
        except NotSignedIn:
            return None


api: Final = NinjaAPI(
    title="hubao",
    version=__version__,
    description="Policies, people, work items and the ledger, for an insurer's other systems.",
    auth=ServiceToken(),
    docs_url=None,
    urls_namespace="api",
)
ledger: Final = Router(tags=["ledger"])


class Entry(Schema):
    """An entry of the ledger."""

    id: int
    at: str
    event: str
    action: str
    actor: str
    subject: str | None
    purpose: str | None
    item: str | None
    why: str | None


class Entries(Schema):
    """A page of entries, the newest first; `next` is the cursor of the following page, if any."""

    entries: list[Entry]
    next: int | None


Id = Annotated[str, Field(max_length=60)]
Cursor = Annotated[int | None, Query(ge=1, le=2**62)]


@ledger.get("/ledger/entries", response=Entries, summary="Read the ledger", openapi_extra=PROBLEMS)
def get_entries(
    request: HttpRequest, subject: Id = "", actor: Id = "", cursor: Cursor = None
) -> dict[str, object]:
    """Scope: ledger.read."""
    found = entries(actor=client(request), subject=subject, who=actor, before=cursor)
    listed = [vars(one) | {"at": one.at.isoformat()} for one in found]
    return {"entries": listed, "next": found[-1].id if len(found) == PAGE else None}


@ledger.get(
    "/ledger/entries/{event}/proof",
    summary="Prove that an entry is in the ledger",
    openapi_extra=PROBLEMS,
)
def get_proof(request: HttpRequest, event: Id) -> HttpResponse:
    """Scope: ledger.read. The form is described in the ledger's reference."""
    return HttpResponse(prove(event=event, actor=client(request)), content_type="application/json")


for _router in (people, policies, ledger):
    api.add_router("", _router)


@api.exception_handler(HubaoError)
def _failed(_request: HttpRequest, error: HubaoError) -> HttpResponse:
    return problem_of(error)


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say where, and what rule was broken; not what was written there."""
    first = error.errors[0]
    place = ".".join(str(part) for part in first["loc"])
    return problem(422, code="api.invalid", detail=f"{place}: {first['type'].replace('_', ' ')}")


@api.exception_handler(AuthenticationError)
def _unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401, code="people.not_signed_in", detail="Show a service account's token.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, code="api.http", detail="The request can't be read as JSON.")
