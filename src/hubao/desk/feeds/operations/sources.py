"""Set sources up: add, change and remove them; each in the ledger, by the names of what changed."""

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.transactions import durable
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.queries import source_of, terms_of
from hubao.desk.feeds.rules import BadSource, NameTaken, Terms, check_source, plain_words
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry

_SALT_BYTES: Final = 32


def add_source(*, name: str, terms: Terms, actor: Actor, at: datetime) -> None:
    """Add a source; one that was removed comes back under its name with what it had imported.

    Raises:
        NotAllowed: the actor may not.
        BadSource: a setting can't be used, or events of it are there under another system.
        NameTaken: there is one of this name.
    """
    actor.require(Permission.WRITE_FEEDS)
    terms = replace(terms, system=terms.system or name, actions=plain_words(terms.actions))
    check_source(name, terms)
    with durable():
        before = Source.objects.filter(name=name).first()
        if before is None:
            Source.objects.create(
                name=name, salt=os.urandom(_SALT_BYTES), made_at=at, due_at=at, **asdict(terms)
            )
        elif before.removed_at is None:
            raise NameTaken(f"There is a source {name}: choose another name, or change it.")
        else:
            _check_system(before, terms)
            fresh = {"made_at": at, "due_at": at, "removed_at": None, "silence_told": None}
            Source.objects.filter(name=name).update(**fresh, **asdict(terms))
        append_entry(Entered(action="feed.source_added", actor=actor.id, at=at, facts=_of(name)))


def change_source(*, name: str, changes: Mapping[str, Any], actor: Actor, at: datetime) -> Terms:
    """Change settings of a source; gives all of them as they are then.

    Args:
        name: of the source.
        changes: new values by the names of `Terms`.
        actor: who changes it.
        at: now.

    Raises:
        NotAllowed: the actor may not.
        NoSuchSource: there is none of this name.
        BadSource: a setting can't be used, or events of it are there under another system.
    """
    actor.require(Permission.WRITE_FEEDS)
    with durable():
        before = source_of(name=name, actor=actor)
        terms = replace(terms_of(before), **changes)
        terms = replace(terms, actions=plain_words(terms.actions))
        check_source(name, terms)
        _check_system(before, terms)
        Source.objects.filter(name=name).update(due_at=at, **asdict(terms))
        facts = _of(name) | {"changed": sorted(changes)}
        append_entry(Entered(action="feed.source_changed", actor=actor.id, at=at, facts=facts))
    return terms


def remove_source(*, name: str, actor: Actor, at: datetime) -> None:
    """Stop taking a source in; its events stay in the lake.

    Raises:
        NotAllowed: the actor may not.
        NoSuchSource: there is none of this name.
    """
    actor.require(Permission.WRITE_FEEDS)
    with durable():
        source_of(name=name, actor=actor)
        Source.objects.filter(name=name).update(removed_at=at, active=False)
        append_entry(Entered(action="feed.source_removed", actor=actor.id, at=at, facts=_of(name)))


def _check_system(before: Source, terms: Terms) -> None:
    """Refuse another system: logins of nobody stand in the lake beside the name of the first."""
    if terms.system != before.system and before.batches:
        raise BadSource(
            f"{before.name} has events under the system {before.system}: add another source for"
            f" {terms.system}, or keep the system."
        )


def _of(name: str) -> dict[str, Any]:
    return {"source": name}
