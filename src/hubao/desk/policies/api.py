"""Policies and work items, as the core system tells of them."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hubao.desk.core.actor import Permission
from hubao.desk.core.api import PROBLEMS, IdempotencyKey, client, once
from hubao.desk.core.wired import wired
from hubao.desk.people.queries import unit_ids
from hubao.desk.policies.operations.imports import put_policies
from hubao.desk.policies.operations.items import open_item
from hubao.desk.policies.queries import records_of
from hubao.desk.policies.rows import BadPolicy, policy_of
from hubao.kit.errors import BadInput

router: Final = Router(tags=["policies"])
MOST: Final = 1_000
Text = Annotated[str, Field(max_length=200)]


class Policy(Schema):
    """A policy; dates as 2026-11-27, amounts in yuan as 1234.50. What is left out is unknown."""

    policy_number: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Text
    product: Text = ""
    channel: Text = ""
    status: Text = ""
    issued_on: Text = ""
    holder_name: Text = ""
    identity_number: Text = ""
    phone: Text = ""
    address: Text = ""
    bank_account: Text = ""
    insured_name: Text = ""
    beneficiary: Text = ""
    premium: Text = ""
    cash_value: Text = ""


class Policies(Schema):
    """Some policies."""

    policies: Annotated[list[Policy], Field(min_length=1, max_length=MOST)]


class Put(Schema):
    """What became of policies; of two with one number the later counts."""

    added: int
    changed: int
    same: int
    rejected: int


class Item(Schema):
    """A work item about policies, for a team, and for one person of it if that is settled."""

    kind: Text
    team: Text
    policy_numbers: Annotated[list[Text], Field(min_length=1, max_length=100)]
    owner: Text | None = None
    outside_ref: Text | None = None


class Opened(Schema):
    """A work item's id."""

    id: str


@router.post(
    "/policies",
    response={200: Put},
    summary="Add or change policies, all or none",
    openapi_extra=PROBLEMS,
)
def post_policies(
    request: HttpRequest, told: Policies, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Scope: policies.write."""
    now = timezone.now()

    def do() -> dict[str, Any]:
        actor, fields = client(request), wired().keys.fields()
        actor.require(Permission.WRITE_POLICIES)
        units = unit_ids()
        given = [_clear(place, one, units) for place, one in enumerate(told.policies, start=1)]
        return put_policies(given, actor=actor, at=now, fields=fields).facts()

    return once(request, idempotency_key, now, do, status=200)


@router.post("/items", response={201: Opened}, summary="Open a work item", openapi_extra=PROBLEMS)
def post_item(request: HttpRequest, told: Item, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Scope: items.open. The same `outside_ref` twice is one item."""
    now = timezone.now()

    def do() -> dict[str, Any]:
        actor = client(request)
        records = records_of(numbers=told.policy_numbers, actor=actor, fields=wired().keys.fields())
        item = open_item(
            kind=told.kind,
            team=told.team,
            owner=told.owner,
            records=records,
            outside_ref=told.outside_ref,
            actor=actor,
            at=now,
        )
        return {"id": item}

    return once(request, idempotency_key, now, do, status=201)


def _clear(place: int, policy: Policy, units: frozenset[str]) -> dict[str, str]:
    cells = {name: text.strip() for name, text in policy.dict().items() if text.strip()}
    try:
        if "policy_number" not in cells or "unit" not in cells:
            raise BadPolicy("no policy_number or no unit")
        return policy_of(cells, units=units)
    except BadPolicy as bad:
        raise BadInput(f"Policy {place} of the list can't be used: {bad.message}.") from None
