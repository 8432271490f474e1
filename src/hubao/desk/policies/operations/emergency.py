"""Break the glass: see a record without a work item, for a written reason that another reviews."""

from datetime import datetime

from django.db import IntegrityError

from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.desk.core.ids import BREAK_GLASS, new_id
from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.denials import Denials
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.policies.models import BreakGlass
from hubao.desk.policies.operations.reasons import checked
from hubao.desk.policies.queries import NoSuchPolicy, visible
from hubao.desk.policies.rules import EMERGENCY_LASTS, REVIEW_WITHIN
from hubao.desk.policies.steps import BROKEN, TOPIC, settle_alert
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields


class ReviewFirst(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Somebody's last emergency isn't reviewed yet."""

    code = "policies.review_first"
    kind = Kind.CONFLICT


class NothingToReview(HubaoError):  # noqa: N818 - as above
    """No such emergency waits for a review by this person."""

    code = "policies.nothing_to_review"
    kind = Kind.NOT_FOUND


def break_glass(
    *, record: str, reason: str, actor: Actor, at: datetime, fields: Fields, denials: Denials
) -> str:
    """Open a record for an hour without a work item; gives the emergency's id.

    Raises:
        BadReason: the reason is too short or too long.
        NotAllowed: the actor may not.
        NoSuchPolicy: no such record in the actor's branch.
        ReviewFirst: the actor's last emergency waits for its review.
    """
    written = checked(reason)
    with denials.entered(action="policy.break_glass", actor=actor, at=at, record=record):
        actor.require(Permission.BREAK_GLASS)
        policy = visible(actor=actor).filter(record=record).first()
        if policy is None:
            raise NoSuchPolicy("There is no such policy in your branch.", record=record)
        return _open(record, policy.unit_id, written, actor, at, fields)


def review(*, emergency: str, justified: bool, actor: Actor, at: datetime) -> None:
    """Say of another's emergency whether it was one.

    Raises:
        NotAllowed: the actor may not review, or opened it.
        NothingToReview: it is reviewed already, or not within the actor's branch.
    """
    actor.require(Permission.REVIEW)
    with durable():
        found = BreakGlass.objects.filter(id=emergency, reviewed_at=None).first()
        if found is None or not actor.sees(found.unit_id):
            raise NothingToReview("No such emergency waits for your review.", emergency=emergency)
        if found.actor == actor.id:
            raise NotAllowed("Nobody reviews an emergency of his own.")
        moved = BreakGlass.objects.filter(id=emergency, reviewed_at=None).update(
            reviewed_at=at, reviewer=actor.id, justified=justified, ends_at=at
        )
        if moved != 1:
            raise NothingToReview("Somebody else reviewed it meanwhile.", emergency=emergency)
        _append("policy.break_glass_reviewed", found.record, emergency, actor, at)
        settle_alert(key=f"{TOPIC}:{BROKEN}:{emergency}", by=actor.id, at=at)
        if not justified:
            _alert("not_an_emergency", emergency, found.actor, at)


def _open(record: str, unit: str, reason: str, actor: Actor, at: datetime, fields: Fields) -> str:
    number = new_id(BREAK_GLASS)
    try:
        with durable():
            BreakGlass.objects.create(
                id=number,
                actor=actor.id,
                record=record,
                unit_id=unit,
                reason=fields.encrypt(reason, field="reason", record=number),
                opened_at=at,
                ends_at=at + EMERGENCY_LASTS,
                review_by=at + REVIEW_WITHIN,
            )
            _append("policy.break_glass", record, number, actor, at)
            _alert(BROKEN, number, actor.id, at)
    except IntegrityError:
        raise ReviewFirst(
            "Your last emergency waits for its review: ask a supervisor to look at it."
        ) from None
    return number


def _append(action: str, record: str, emergency: str, actor: Actor, at: datetime) -> None:
    facts = {"emergency": emergency}
    append_entry(Entered(action=action, actor=actor.id, subject=record, at=at, facts=facts))


def _alert(why: str, emergency: str, who: str, at: datetime) -> None:
    send_later(
        topic=TOPIC,
        key=f"{why}:{emergency}",
        facts={"why": why, "actor": who, "emergency": emergency},
        at=at,
    )
