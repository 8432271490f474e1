"""Find policies by an exact identifier; nobody leafs through them, nor walks their numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from hubao.desk.core.actor import Actor
from hubao.desk.core.metrics import counted
from hubao.desk.core.queries import own_items
from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.denials import Denials
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.together import append_together
from hubao.desk.policies.catalogue import SEARCHED, normal
from hubao.desk.policies.metrics import SEARCHES, SHOWN
from hubao.desk.policies.models import Lookup
from hubao.desk.policies.queries import Masked, NoSuchPolicy, by_records, seen, visible
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.fields import Fields

MOST: Final = 20  # policies that one search shows
LONGEST: Final = 100  # characters of an identifier
STRIDE: Final = 3  # numbers at most this far apart are neighbours
REMEMBERED: Final = timedelta(days=1)  # house rule: a walk goes on the next morning
TOLERATED: Final = 3  # neighbours in a row that may be chance, as a family's policies
ALERTED: Final = 5
LONGEST_WAIT: Final = timedelta(minutes=5)
_TAIL: Final = re.compile(r"[0-9]{1,15}$")


class TooMany(HubaoError):  # noqa: N818 - says what happened, as its base does
    """More policies than a search shows bear this name or number."""

    code = "policies.too_many"
    kind = Kind.INVALID


class Slowed(HubaoError):  # noqa: N818 - as above
    """Policy numbers are searched in order; the next must wait."""

    code = "policies.slowed"
    kind = Kind.FORBIDDEN


@counted(SEARCHES, done=SHOWN)
def search(
    *, field: str, value: str, actor: Actor, at: datetime, fields: Fields, denials: Denials
) -> Sequence[Masked]:
    """Find the policies whose field has exactly this value, in the actor's branch, masked.

    Args:
        field: one of `catalogue.SEARCHED`.
        value: as written; blanks, dashes and full-width digits don't matter.
        actor: who asks.
        at: now.
        fields: what decrypts.
        denials: where a refusal is entered.

    Raises:
        BadInput: no such field, or nothing to search for.
        NotAllowed: the actor may not.
        TooMany: more than MOST have it.
        Slowed: policy numbers are searched in order.
    """
    if field not in SEARCHED:
        raise BadInput(f"Search by one of {', '.join(SEARCHED)}.")
    if not value.strip() or len(value) > LONGEST:
        raise BadInput("Give the whole name or number to search for.")
    with denials.entered(action="policy.search", actor=actor, at=at):
        return _search(field, value, actor, at, fields)


def open_record(
    *, record: str, actor: Actor, at: datetime, fields: Fields, denials: Denials
) -> Masked:
    """Show one policy of the actor's branch, masked.

    Raises:
        NotAllowed: the actor may see no policies.
        NoSuchPolicy: no such record in the actor's branch.
    """
    with denials.entered(action="policy.open", actor=actor, at=at, record=record):
        found = visible(actor=actor).filter(record=record).first()
        if found is None:
            raise NoSuchPolicy("There is no such policy in your branch.", record=record)
        _enter(records=[record], how="open", actor=actor, at=at)
    return seen(found, fields=fields)


def forget_lookups(*, at: datetime) -> int:
    """Delete which numbers were searched for longer ago than walking is looked for."""
    deleted, _ = Lookup.objects.filter(at__lte=at - REMEMBERED).delete()
    return deleted


def worklist(*, actor: Actor, at: datetime, fields: Fields) -> Sequence[Masked]:
    """Give the policies that the actor's own open work items are about, masked.

    Raises:
        NotAllowed: the actor may see no policies.
    """
    records = {record for item in own_items(actor=actor) for record in item.records}
    found = by_records(records=records, actor=actor, fields=fields)
    _enter(records=[one.record for one in found], how="list", actor=actor, at=at)
    return found


def _search(field: str, value: str, actor: Actor, at: datetime, fields: Fields) -> Sequence[Masked]:
    indexes = list(fields.indexes(normal(field, value), field=field))
    rows = visible(actor=actor).filter(**{f"{field}_index__in": indexes})
    if field == "policy_number":
        _slow(normal(field, value), actor, at, fields)
    found = list(rows.order_by("record")[: MOST + 1])
    if len(found) > MOST:
        raise TooMany(f"More than {MOST} policies match: search by a number instead.")
    _enter(records=[row.record for row in found], how="search", actor=actor, at=at)
    return [seen(row, fields=fields) for row in found]


def _enter(*, records: Iterable[str], how: str, actor: Actor, at: datetime) -> None:
    """Enter that records are shown masked: before they are."""
    append_together(
        [Entered(action=f"policy.{how}", actor=actor.id, subject=one, at=at) for one in records]
    )


def _slow(number: str, actor: Actor, at: datetime, fields: Fields) -> None:
    """Write down which number is searched for; make whoever walks them in order wait.

    Also those that had to wait are written down: each try makes the wait longer.
    """
    with durable():
        lately = Lookup.objects.filter(actor=actor.id, at__gt=at - REMEMBERED)
        last = lately.order_by("-at").values_list("at", flat=True).first()
        walked = _walked(number, lately, fields)
        index = fields.index(number, field="policy_number")
        Lookup.objects.create(actor=actor.id, at=at, number=index, walked=walked)
        if walked >= ALERTED:
            send_later(
                topic="access.alert",
                key=f"walk:{actor.id}:{at.date()}",
                facts={"why": "numbers_in_order", "actor": actor.id},
                at=at,
            )
    left = (last + _wait(walked) - at).total_seconds() if last else 0
    if left > 0:
        raise Slowed(
            f"You have searched for policy numbers in order: wait {round(left) or 1} s,"
            " or work from a work item.",
            seconds=round(left) or 1,
        )


def _walked(number: str, lately: QuerySet[Lookup], fields: Fields) -> int:
    near = [fields.index(one, field="policy_number") for one in _neighbours(number)]
    beside = lately.filter(number__in=near).order_by("-walked").first()
    return beside.walked + 1 if beside else 0


def _wait(walked: int) -> timedelta:
    beyond = walked - TOLERATED
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_WAIT) if beyond > 0 else timedelta()


def _neighbours(number: str) -> Iterator[str]:
    tail = _TAIL.search(number)
    if tail is None:
        return
    head, digits = number[: tail.start()], tail.group()
    for step in range(-STRIDE, STRIDE + 1):
        beside = int(digits) + step
        if step and beside >= 0:
            yield f"{head}{beside:0{len(digits)}d}"
