"""Take over units, people and their logins from the HR system; twice is the same as once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.files import Row
from hubao.desk.core.intake import count_rows
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.rules import Entered, is_plain
from hubao.desk.ledger.steps import append_entry
from hubao.desk.people.holding import hold
from hubao.desk.people.models import Grant, Identity, Party, Unit
from hubao.desk.people.queries import ANY_SYSTEM
from hubao.desk.people.rules import BadRow, PersonRow, checked_id, checked_name, person_of
from hubao.desk.people.steps import close_sessions, end_access
from hubao.kit.parts import in_parts

AT_ONCE: Final = 500  # rows of one transaction
UNIT_COLUMNS: Final = ("unit", "name"), ("parent",)  # needed, optional
LOGIN_COLUMNS: Final = ("login", "actor"), ("system",)


@dataclass
class Outcome:
    """What an import did.

    Attributes:
        added: parties, units or logins that are new.
        changed: those that differ from before.
        same: those that don't.
        left: people whose access it ended.
        rejects: line and reason of each row that couldn't be used.
    """

    added: int = 0
    changed: int = 0
    same: int = 0
    left: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)


def import_units(rows: Iterable[Row], *, actor: Actor, at: datetime) -> Outcome:
    """Take over the tree of units: `unit`, `name`, `parent` (blank for the top).

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.WRITE_PEOPLE)
    outcome = Outcome()
    given = {row.cells["unit"]: row for row in _usable(rows, outcome)}
    with durable():
        known = {unit.id: unit for unit in Unit.objects.all()}
        for row in _parents_first(given, known, outcome):
            with _set_aside(row, outcome):
                _put_unit(row, known, outcome)
        _settle_paths(known)
        _append("people.units_imported", outcome, actor, at)
    _count_rows("units", outcome)
    return outcome


def import_people(rows: Iterable[Row], *, zone: ZoneInfo, actor: Actor, at: datetime) -> Outcome:
    """Take over people, partners and service accounts; end the access of those who left.

    Args:
        rows: with the columns of `rules.NEEDED` and `rules.OPTIONAL`.
        zone: of dates without one.
        actor: who imports.
        at: now.

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.WRITE_PEOPLE)
    outcome = Outcome()
    for part in in_parts(_usable(rows, outcome), AT_ONCE):
        with durable():
            hold(*filter(is_plain, (row.cells["actor"] for row in part)))
            units = set(Unit.objects.values_list("id", flat=True))
            for row in part:
                with _set_aside(row, outcome):
                    _put_person(person_of(row.cells, zone=zone), units, actor, at, outcome)
    with durable():
        _append("people.imported", outcome, actor, at)
    _count_rows("people", outcome)
    return outcome


def import_logins(rows: Iterable[Row], *, actor: Actor, at: datetime) -> Outcome:
    """Take over which login in which system is whose: `login`, `actor`, `system`.

    Raises:
        NotAllowed: the actor may not.
    """
    actor.require(Permission.WRITE_PEOPLE)
    outcome = Outcome()
    with durable():
        parties = set(Party.objects.values_list("id", flat=True))
        for row in _usable(rows, outcome):
            with _set_aside(row, outcome):
                _put_login(row, parties, outcome)
        _append("people.logins_imported", outcome, actor, at)
    _count_rows("logins", outcome)
    return outcome


class _set_aside:  # noqa: N801 - reads as the words it stands for: with set aside
    """Count a row that can't be used, and go on with the next."""

    def __init__(self, row: Row, outcome: Outcome) -> None:
        self._row, self._outcome = row, outcome

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        if isinstance(error, BadRow):
            self._outcome.rejects.append((self._row.line, error.message))
            return True
        return False


def _usable(rows: Iterable[Row], outcome: Outcome) -> Iterator[Row]:
    for row in rows:
        if row.fault is None:
            yield row
        else:
            outcome.rejects.append((row.line, row.fault))


def _parents_first(
    given: dict[str, Row], known: dict[str, Unit], outcome: Outcome
) -> Iterator[Row]:
    """Give units after their parents; those without, or in a ring, are rejects."""
    done = set(known) - set(given)
    waiting = dict(given)
    while waiting:
        ready = [u for u, row in waiting.items() if row.cells.get("parent", "") in {*done, ""}]
        for unit in ready:
            yield waiting.pop(unit)
        done.update(ready)
        if not ready:
            break
    for row in waiting.values():
        outcome.rejects.append((row.line, "its parent is no unit here, or lies below it"))


def _put_unit(row: Row, known: dict[str, Unit], outcome: Outcome) -> None:
    unit, parent = checked_id(row.cells["unit"]), row.cells.get("parent") or None
    if unit in _above(parent, known):
        raise BadRow("its parent lies below it")
    old = known.get(unit)
    path = old.path if old else ""
    new = Unit(id=unit, name=checked_name(row.cells["name"]), parent_id=parent, path=path)
    if _count(old, new, ("name", "parent_id"), outcome):
        new.save()
    known[unit] = new


def _above(unit: str | None, known: dict[str, Unit]) -> Iterator[str]:
    while unit is not None:
        yield unit
        if unit not in known:
            raise BadRow("its parent couldn't be used")
        unit = known[unit].parent_id


def _settle_paths(known: dict[str, Unit]) -> None:
    """Write every unit's place in the tree, of which a parent may have moved."""
    moved = []
    for unit in known.values():
        path = "".join(f"{one}/" for one in reversed(list(_above(unit.id, known))))
        if unit.path != path:
            unit.path = path
            moved.append(unit)
    Unit.objects.bulk_update(moved, ["path"], batch_size=AT_ONCE)


def _put_person(
    row: PersonRow, units: set[str], actor: Actor, at: datetime, outcome: Outcome
) -> None:
    if row.unit not in units:
        raise BadRow("its unit isn't known: import units first")
    old = Party.objects.filter(id=row.actor).first()
    new = Party(
        id=row.actor,
        kind=row.kind,
        name=checked_name(row.name),
        unit_id=row.unit,
        hired_at=row.hired,
        notice_at=row.notice,
        left_at=row.left,
        ended_at=old.ended_at if old else None,
    )
    back = new.ended_at is not None and (row.left is None or row.left > at)
    if back:
        new.ended_at = None  # hired again: without the roles they had
    columns = ("kind", "name", "unit_id", "hired_at", "notice_at", "left_at", "ended_at")
    differs = _count(old, new, columns, outcome)
    if differs:
        new.save()
        action = "people.changed" if old else "people.added"
        append_entry(Entered(action=action, actor=actor.id, subject=row.actor, at=at))
    if row.left is not None and row.left <= at:
        if new.ended_at is None:
            end_access(party=row.actor, by=actor.id, at=at)
            outcome.left += 1
    elif row.roles is not None:
        _put_roles(row, actor, at)


def _put_roles(row: PersonRow, actor: Actor, at: datetime) -> None:
    wanted = row.roles or frozenset()
    had = set(Grant.objects.filter(party=row.actor).values_list("role", flat=True))
    if had == wanted:
        return
    Grant.objects.filter(party=row.actor).exclude(role__in=wanted).delete()
    Grant.objects.bulk_create(Grant(party_id=row.actor, role=role) for role in sorted(wanted - had))
    if had - wanted:
        close_sessions(party=row.actor)
    facts = {"roles": sorted(wanted)}
    append_entry(
        Entered(action="people.roles", actor=actor.id, subject=row.actor, at=at, facts=facts)
    )


def _put_login(row: Row, parties: set[str], outcome: Outcome) -> None:
    login = checked_id(row.cells["login"])
    if row.cells["actor"] not in parties:
        raise BadRow("its actor isn't known: import people first")
    system = checked_id(row.cells.get("system", ANY_SYSTEM))
    old = Identity.objects.filter(system=system, login=login).first()
    new = Identity(
        id=old.id if old else None, system=system, login=login, party_id=row.cells["actor"]
    )
    if _count(old, new, ("party_id",), outcome):
        new.save()


def _count(
    old: Unit | Party | Identity | None,
    new: Unit | Party | Identity,
    columns: tuple[str, ...],
    outcome: Outcome,
) -> bool:
    """Count a row as added, changed or the same; tell whether it is to be saved."""
    if old is None:
        outcome.added += 1
        return True
    if all(getattr(old, column) == getattr(new, column) for column in columns):
        outcome.same += 1
        return False
    outcome.changed += 1
    return True


def _append(action: str, outcome: Outcome, actor: Actor, at: datetime) -> None:
    facts = {
        "added": outcome.added,
        "changed": outcome.changed,
        "left": outcome.left,
        "rejects": len(outcome.rejects),
    }
    append_entry(Entered(action=action, actor=actor.id, at=at, facts=facts))


def _count_rows(what: str, outcome: Outcome) -> None:
    count_rows(
        what,
        added=outcome.added,
        changed=outcome.changed,
        same=outcome.same,
        rejected=len(outcome.rejects),
    )
