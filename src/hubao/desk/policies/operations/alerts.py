"""Alerts: raise those of the ledger, answer one with a note, open it again."""

from collections.abc import Iterable
from datetime import datetime

from hubao.desk.core.actor import Actor, NotAllowed, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.policies.models import Alert, AlertAnswer
from hubao.desk.policies.operations.reasons import checked
from hubao.desk.policies.steps import raise_alert
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields


class NoSuchAlert(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No such alert is open, or answered, within the actor's branch."""

    code = "policies.no_such_alert"
    kind = Kind.NOT_FOUND


def raise_alerts(*, of_ledger: Iterable[tuple[str, str]], at: datetime) -> None:
    """Tell of what is wrong with the ledger.

    Args:
        of_ledger: why, and what tells this time from the next.
        at: now.
    """
    for why, once in of_ledger:
        key = f"ledger:{why}:{once}"
        if not Alert.objects.filter(key=key).exists():  # mostly: no writer's turn for nothing
            with durable():
                raise_alert(key=key, why=why, at=at)


def answer_alert(*, alert: str, note: str, actor: Actor, at: datetime, fields: Fields) -> None:
    """Say what was done about an alert, which closes it.

    Raises:
        BadReason: the note is too short or too long.
        NotAllowed: the actor may not, or it is about himself.
        NoSuchAlert: none of this id is open in the actor's branch.
    """
    written = checked(note)
    with durable():
        found = _visible(alert, actor)
        if found.who == actor.id:
            raise NotAllowed("Nobody answers an alert about himself.")
        free = Alert.objects.filter(id=alert, answered_at=None)
        _one_moved(free.update(answered_at=at, answered_by=actor.id), alert)
        sealed = fields.encrypt(written, field="note", record=alert)
        _write_down("alert.answered", found, sealed, actor, at)


def reopen_alert(*, alert: str, actor: Actor, at: datetime) -> None:
    """Open an alert again that somebody has answered; what was written stays.

    Raises:
        NotAllowed: the actor may not, or it is about himself.
        NoSuchAlert: none of this id is answered in the actor's branch.
    """
    with durable():
        found = _visible(alert, actor)
        if found.who == actor.id:
            raise NotAllowed("Nobody answers an alert about himself.")
        closed = Alert.objects.filter(id=alert, answered_at__isnull=False)
        _one_moved(closed.update(answered_at=None, answered_by=None), alert)
        _write_down("alert.reopened", found, None, actor, at)


def _visible(alert: str, actor: Actor) -> Alert:
    actor.require(Permission.ANSWER_ALERTS)
    found = Alert.objects.filter(id=alert).first()
    if found is None or not actor.sees(found.unit_id or ""):
        raise NoSuchAlert("There is no such alert in your branch.", alert=alert)
    return found


def _write_down(action: str, alert: Alert, note: bytes | None, actor: Actor, at: datetime) -> None:
    AlertAnswer.objects.create(alert=alert, at=at, actor=actor.id, note=note)
    facts = {"alert": alert.id, "why": alert.why}
    append_entry(Entered(action=action, actor=actor.id, subject=alert.who, at=at, facts=facts))


def _one_moved(moved: int, alert: str) -> None:
    if moved != 1:
        raise NoSuchAlert("Somebody else answered this alert, or opened it again.", alert=alert)
