"""Units and people, as the HR system tells of them."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hubao.desk.core.api import PROBLEMS, IdempotencyKey, client, once
from hubao.desk.core.days import ZONE
from hubao.desk.core.files import Row
from hubao.desk.people.imports import Outcome, import_people, import_units
from hubao.desk.people.rules import NEEDED

router: Final = Router(tags=["people"])
MOST: Final = 1_000
Text = Annotated[str, Field(max_length=200)]


class Unit(Schema):
    """A place in the tree of units; without a parent it is the top."""

    unit: Text
    name: Text
    parent: Text = ""


class Person(Schema):
    """A person, partner or service account; dates as 2026-11-27, roles with semicolons between."""

    actor: Text
    name: Text
    unit: Text
    kind: Text = ""
    hired: Text = ""
    notice: Text = ""
    left: Text = ""
    roles: Text | None = None


class Units(Schema):
    """Some units."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=MOST)]


class People(Schema):
    """Some people."""

    people: Annotated[list[Person], Field(min_length=1, max_length=MOST)]


class Reject(Schema):
    """A row that can't be used: its place in the list, from 1, and why."""

    place: int
    reason: str


class Told(Schema):
    """What became of rows."""

    added: int
    changed: int
    same: int
    left: int
    rejects: list[Reject]


@router.post("/units", response={200: Told}, summary="Add or change units", openapi_extra=PROBLEMS)
def post_units(request: HttpRequest, told: Units, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Scope: people.write."""
    rows = _rows([one.dict() for one in told.units], ("unit", "name"))
    now = timezone.now()
    return once(
        request,
        idempotency_key,
        now,
        lambda: _told(import_units(rows, actor=client(request), at=now)),
        status=200,
    )


@router.post(
    "/people", response={200: Told}, summary="Add, change or end people", openapi_extra=PROBLEMS
)
def post_people(
    request: HttpRequest, told: People, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Scope: people.write. Whose last day is over loses sign-in, tokens and roles at once."""
    rows = _rows([one.dict() for one in told.people], NEEDED)
    now = timezone.now()

    def do() -> dict[str, Any]:
        return _told(import_people(rows, zone=ZONE, actor=client(request), at=now))

    return once(request, idempotency_key, now, do, status=200)


def _told(outcome: Outcome) -> dict[str, Any]:
    rejects = [{"place": place, "reason": reason} for place, reason in outcome.rejects]
    return asdict(outcome) | {"rejects": rejects}


def _rows(told: list[dict[str, Any]], needed: tuple[str, ...]) -> list[Row]:
    found = []
    for place, one in enumerate(told, start=1):
        cells = {name: text.strip() for name, text in one.items() if text and text.strip()}
        if one.get("roles") == "":
            cells["roles"] = ""
        lacking = next((name for name in needed if name not in cells), None)
        found.append(Row(place, cells, f"no {lacking}" if lacking else None))
    return found
