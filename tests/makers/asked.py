"""Everything that somebody can ask the desk for, each with a call that asks for it in a branch."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubao.desk.core import queries as core
from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.core.files import given
from hubao.desk.core.reach import Reach
from hubao.desk.feeds import queries as feeds
from hubao.desk.feeds.models import Source
from hubao.desk.feeds.operations import imports as feed_imports
from hubao.desk.feeds.operations import sources
from hubao.desk.feeds.operations.push import push
from hubao.desk.feeds.operations.resolve import resolve
from hubao.desk.feeds.operations.schedule import import_scheduled
from hubao.desk.feeds.rules import Terms, Way
from hubao.desk.ledger import counts, history, proof
from hubao.desk.ledger import queries as ledger
from hubao.desk.ledger.archiving import archive
from hubao.desk.ledger.erasing import erase
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.desk.ledger.shelving import Archive
from hubao.desk.people import imports as people_imports
from hubao.desk.people import operations as people_operations
from hubao.desk.people import queries as people
from hubao.desk.people.rules import Why
from hubao.desk.people.webhooks import operations as webhooks
from hubao.desk.people.webhooks import queries as webhook_queries
from hubao.desk.policies import numbers
from hubao.desk.policies import queries as policies
from hubao.desk.policies.holder import looking_into as reports
from hubao.desk.policies.holder import queries as holder
from hubao.desk.policies.holder.rules import Finding
from hubao.desk.policies.operations import alerts, emergency, imports, items, reveal, rotate, search
from hubao.desk.policies.rules import Purpose
from tests.makers.asking import Asked, did, tried
from tests.makers.branch import DAY, REASON, URL, Place
from tests.makers.desk import FIELDS, KEYSET, NOON, SHANGHAI, denials, rows
from tests.makers.feeds import wires


def _whole(who: Actor) -> Actor:
    """The asker as of the top unit, which webhooks' clients belong to."""
    return replace(who, units=None)


def _file(place: Place) -> Any:  # noqa: ANN401 - a Given
    path = place.folder / "policies.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["policy_number", "unit"], ["PN9", "north"]])
    return given(path)


def _daily(who: Actor, whose: counts.Whose) -> Mapping[tuple[date, str], int]:
    since = DAY - timedelta(days=13)
    what = ["policy.break_glass"]
    return counts.daily(whose=whose, what=what, since=since, until=DAY, actor=who)


def _archive(place: Place) -> Archive:
    key = Ed25519PrivateKey.generate().public_key()
    return Archive(place.folder / "shelf", PersonKeys(place.folder / "person-keys.sqlite3"), key)


def _event() -> str:
    return str(
        Entry.objects.order_by("id").values_list("body", flat=True)[0].split('"event":"')[1][:33]
    )


_OWN: Final = "only what is the asker's own"
_SYSTEMS: Final = "for systems and who runs the server, which have the whole insurer"
_LEDGER: Final = "there is one ledger, read as a whole by those who prove it"
_CLIENTS: Final = "webhooks are of clients of the top unit, which have the whole insurer"
_FEEDS: Final = "a source feeds the lake of the whole insurer"
_WORKER: Final = "the worker's, which notes a refusal as the source's failure"
_STAGE: Final = "reads nothing itself: people and policies are asked for each row"
_P: Final = Permission
ASKED: Final[Mapping[str, Asked]] = {
    "core.queries.find_item": Asked(
        lambda a, p: core.find_item(item=p.free, actor=a)
    ),
    "core.queries.own_items": Asked(lambda a, _: core.own_items(actor=a), whole=_OWN),
    "core.queries.own_ages": Asked(lambda a, _: core.own_ages(actor=a, at=NOON), whole=_OWN),
    "core.queries.waiting_items": Asked(
        lambda a, p: [one for one in core.waiting_items(actor=a) if one.id == p.free]
    ),
    "core.queries.waiting_ages": Asked(
        lambda a, _: core.waiting_ages(actor=a, at=NOON), whole="as waiting_items: own team"
    ),
    "core.queries.untaken_items": Asked(
        lambda a, p: [one for one in core.untaken_items(actor=a, most=9) if one.id == p.free],
        _P.OPEN_ITEMS,
    ),
    "core.queries.untaken_ages": Asked(
        lambda a, _: core.untaken_ages(actor=a, at=NOON).all - 2, _P.OPEN_ITEMS
    ),
    "ledger.counts.daily": Asked(
        lambda a, _: sum(_daily(a, counts.Whose.BRANCH).values()) - 1, _P.REVIEW
    ),
    "ledger.queries.entries": Asked(
        lambda a, p: ledger.entries(actor=a, subject=p.record), _P.READ_LEDGER, _LEDGER
    ),
    "ledger.queries.state": Asked(lambda a, _: ledger.state(actor=a), _P.READ_LEDGER, _LEDGER),
    "ledger.queries.changes_to": Asked(
        lambda a, p: ledger.changes_to(person=p.clerk, actor=a), _P.READ_PEOPLE,
        "its page asks people.queries.person first",
    ),
    "ledger.history.history": Asked(
        lambda a, p: history.history(
            subject=p.record, since=NOON - timedelta(days=9), actor=replace(a, own=p.record)
        ),
        whole=_OWN,
    ),
    "ledger.history.happened": Asked(
        lambda a, p: tried(
            history.happened, event="e0", subject=p.record, actor=replace(a, own=p.record)
        ),
        whole=_OWN,
    ),
    "ledger.archiving.archive": Asked(
        lambda a, p: tried(archive, to=_archive(p), before=NOON, actor=a, at=NOON),
        _P.ARCHIVE_LEDGER, _LEDGER,
    ),
    "ledger.erasing.erase": Asked(
        lambda a, p: tried(erase, person="nobody", keys=_archive(p).keys, actor=a, at=NOON),
        _P.ARCHIVE_LEDGER, _LEDGER,
    ),
    "ledger.proof.prove": Asked(
        lambda a, _: proof.prove(event=_event(), actor=a), _P.READ_LEDGER, _LEDGER
    ),
    "people.queries.people": Asked(
        lambda a, p: people.people(actor=a).filter(id=p.clerk), _P.READ_PEOPLE
    ),
    "people.queries.present": Asked(lambda a, p: people.present(party=p.clerk, actor=a)),
    "people.queries.parties_of": Asked(
        lambda a, p: people.parties_of(logins=[p.clerk], system="crm", own_ids=True, actor=a),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "people.queries.grants": Asked(
        lambda a, p: people.grants(actor=a).filter(party=p.clerk), _P.READ_PEOPLE
    ),
    "people.queries.sessions": Asked(
        lambda a, p: people.sessions(actor=a, at=NOON).filter(user__party=p.clerk), _P.END_ACCESS
    ),
    "people.queries.tokens": Asked(
        lambda a, p: people.tokens(actor=a).filter(party=p.service), _P.END_ACCESS
    ),
    "people.queries.person": Asked(
        lambda a, p: people.person(party=p.clerk, actor=a, at=NOON), _P.READ_PEOPLE
    ),
    "people.queries.without_factor": Asked(
        lambda a, _: people.without_factor(actor=a) - 1, _P.READ_PEOPLE
    ),
    "people.queries.leaving": Asked(
        lambda a, _: people.leaving(actor=a, at=NOON, within=timedelta(days=7)) - 1,
        _P.READ_PEOPLE,
    ),
    "people.queries.ids_within": Asked(
        lambda a, p: people.ids_within(actor=a).filter(id=p.clerk)
    ),
    "people.queries.colleagues": Asked(
        lambda a, p: [one for one in people.colleagues(actor=a, at=NOON) if one.id == p.clerk],
        _P.OPEN_ITEMS,
    ),
    "people.imports.import_units": Asked(
        lambda a, _: people_imports.import_units([], actor=a, at=NOON), _P.WRITE_PEOPLE, _SYSTEMS
    ),
    "people.imports.import_people": Asked(
        lambda a, _: people_imports.import_people([], zone=SHANGHAI, actor=a, at=NOON),
        _P.WRITE_PEOPLE, _SYSTEMS,
    ),
    "people.imports.import_logins": Asked(
        lambda a, _: people_imports.import_logins(rows(), actor=a, at=NOON),
        _P.WRITE_PEOPLE, _SYSTEMS,
    ),
    "people.operations.give_roles": Asked(
        lambda a, p: people_operations.give_roles(
            party=p.clerk, roles=[Role.CLERK], actor=a, at=NOON, why=Why.COVER
        ),
        _P.GIVE_ROLES,
    ),
    "people.operations.make_account": Asked(
        lambda a, p: people_operations.make_account(party=p.clerk, actor=a, at=NOON),
        _P.GIVE_ROLES,
    ),
    "people.operations.issue_token": Asked(
        lambda a, p: people_operations.issue_token(party=p.service, scopes=[], actor=a, at=NOON),
        _P.GIVE_ROLES,
    ),
    "people.operations.revoke_tokens": Asked(
        lambda a, p: people_operations.revoke_tokens(party=p.service, actor=a, at=NOON),
        _P.END_ACCESS,
    ),
    "people.operations.revoke_token": Asked(
        lambda a, p: did(people_operations.revoke_token, token=p.token, actor=a, at=NOON),
        _P.END_ACCESS,
    ),
    "people.operations.restore_token": Asked(
        lambda a, p: did(people_operations.restore_token, token=p.revoked, actor=a, at=NOON),
        _P.GIVE_ROLES,
    ),
    "people.operations.end_sessions": Asked(
        lambda a, p: people_operations.end_sessions(party=p.clerk, actor=a, at=NOON),
        _P.END_ACCESS,
    ),
    "people.webhooks.queries.endpoints": Asked(
        lambda a, _: webhook_queries.endpoints(actor=_whole(a)), _P.WRITE_WEBHOOKS, _CLIENTS
    ),
    "people.webhooks.queries.live_endpoint": Asked(
        lambda a, p: webhook_queries.live_endpoint(endpoint=p.endpoint, actor=_whole(a)),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "people.webhooks.operations.add_endpoint": Asked(
        lambda a, p: webhooks.add_endpoint(
            url=URL, topics=["person.left"], party=f"client-{p.unit}", actor=_whole(a), at=NOON,
            fields=FIELDS, reach=Reach(),
        ),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "people.webhooks.operations.rotate_secret": Asked(
        lambda a, p: webhooks.rotate_secret(
            endpoint=p.endpoint, overlap=timedelta(hours=1), actor=_whole(a), at=NOON, fields=FIELDS
        ),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "people.webhooks.operations.replay": Asked(
        lambda a, p: webhooks.replay(endpoint=p.endpoint, since=NOON, actor=_whole(a), at=NOON),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "people.webhooks.operations.try_endpoint": Asked(
        lambda a, _: tried(
            webhooks.try_endpoint, endpoint="w0", actor=_whole(a), at=NOON, fields=FIELDS,
            reach=Reach(),
        ),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "people.webhooks.operations.disable_endpoint": Asked(
        lambda a, p: did(
            webhooks.disable_endpoint, endpoint=p.endpoint, actor=_whole(a), at=NOON
        ),
        _P.WRITE_WEBHOOKS, _CLIENTS,
    ),
    "policies.holder.queries.own_data": Asked(
        lambda a, p: holder.own_data(actor=replace(a, own=p.record), fields=FIELDS), whole=_OWN
    ),
    "policies.holder.queries.own_looks": Asked(
        lambda a, p: holder.own_looks(actor=replace(a, own=p.record), at=NOON), whole=_OWN
    ),
    "policies.holder.queries.own_reports": Asked(
        lambda a, p: holder.own_reports(actor=replace(a, own=p.record), fields=FIELDS),
        whole=_OWN,
    ),
    "policies.holder.looking_into.reports": Asked(
        lambda a, p: [one for one in reports.reports(actor=a) if one.id == p.report],
        _P.ANSWER_REPORTS,
    ),
    "policies.holder.looking_into.open_report": Asked(
        lambda a, p: reports.open_report(report=p.report, actor=a, at=NOON, fields=FIELDS),
        _P.ANSWER_REPORTS,
    ),
    "policies.holder.looking_into.take_report": Asked(
        lambda a, p: did(reports.take_report, report=p.report, actor=a, at=NOON),
        _P.ANSWER_REPORTS,
    ),
    "policies.holder.looking_into.answer": Asked(
        lambda a, p: did(
            reports.answer, report=p.report, finding=Finding.NOT_US, text=REASON, actor=a,
            at=NOON, fields=FIELDS,
        ),
        _P.ANSWER_REPORTS,
    ),
    "policies.numbers.records_or_tokens": Asked(
        lambda a, p: numbers.records_or_tokens(numbers=[p.number], actor=a, fields=FIELDS),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "policies.numbers.records_of_tokens": Asked(
        lambda a, _: tried(numbers.records_of_tokens, tokens=[], actor=a),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "policies.queries.visible": Asked(
        lambda a, p: policies.visible(actor=a).filter(record=p.record), _P.SEARCH
    ),
    "policies.queries.by_records": Asked(
        lambda a, p: policies.by_records(records=[p.record], actor=a, fields=FIELDS), _P.SEARCH
    ),
    "policies.queries.records_of": Asked(
        lambda a, p: policies.records_of(numbers=[p.number], actor=a, fields=FIELDS),
        _P.OPEN_ITEMS,
    ),
    "policies.queries.emergencies_to_review": Asked(
        lambda a, p: [
            one for one in policies.emergencies_to_review(actor=a, fields=FIELDS)
            if one.id == p.glass
        ],
        _P.REVIEW,
    ),
    "policies.queries.reviews_due": Asked(
        lambda a, _: len(policies.reviews_due(actor=a)) - 1, _P.REVIEW
    ),
    "policies.queries.open_alerts": Asked(
        lambda a, p: [one for one in policies.open_alerts(actor=a, most=9)[0] if one.id == p.alert],
        _P.ANSWER_ALERTS,
    ),
    "policies.queries.answered_alerts": Asked(
        lambda a, p: [
            one for one in policies.answered_alerts(actor=a, fields=FIELDS, most=9)
            if one.id == p.answered
        ],
        _P.ANSWER_ALERTS,
    ),
    "policies.queries.last_import": Asked(
        lambda a, _: policies.last_import(actor=a), _P.READ_FEEDS, "a time, of the whole insurer"
    ),
    "policies.queries.used_outside": Asked(
        lambda a, _: policies.used_outside(actor=a, day=DAY) == 0, whole=_OWN
    ),
    "policies.queries.most_outside": Asked(
        lambda a, p: [
            one for one in policies.most_outside(actor=a, day=DAY, most=9) if one.actor == p.clerk
        ],
        _P.REVIEW,
    ),
    "policies.queries.emergency_open": Asked(
        lambda a, p: not policies.emergency_open(record=p.record, actor=a, at=NOON), whole=_OWN
    ),
    "policies.operations.emergency.break_glass": Asked(
        lambda a, p: emergency.break_glass(
            record=p.record, reason=REASON, actor=a, at=NOON, fields=FIELDS,
            denials=denials(p.folder),
        ),
        _P.BREAK_GLASS,
    ),
    "policies.operations.emergency.review": Asked(
        lambda a, p: did(emergency.review, emergency=p.glass, justified=True, actor=a, at=NOON),
        _P.REVIEW,
    ),
    "policies.operations.alerts.answer_alert": Asked(
        lambda a, p: did(
            alerts.answer_alert, alert=p.alert, note=REASON, actor=a, at=NOON, fields=FIELDS
        ),
        _P.ANSWER_ALERTS,
    ),
    "policies.operations.alerts.reopen_alert": Asked(
        lambda a, p: did(alerts.reopen_alert, alert=p.answered, actor=a, at=NOON),
        _P.ANSWER_ALERTS,
    ),
    "policies.operations.items.open_item": Asked(
        lambda a, p: items.open_item(
            kind="service", team=p.unit, records=[p.record], actor=a, at=NOON
        ),
        _P.OPEN_ITEMS,
    ),
    "policies.operations.items.take_item": Asked(
        lambda a, p: did(items.take_item, item=p.free, actor=a, at=NOON), _P.SEARCH
    ),
    "policies.operations.items.close_item": Asked(
        lambda a, p: did(items.close_item, item=p.own, actor=a, at=NOON), whole=_OWN
    ),
    "policies.operations.imports.put_policies": Asked(
        lambda a, _: imports.put_policies([], actor=a, at=NOON, fields=FIELDS),
        _P.WRITE_POLICIES, _SYSTEMS,
    ),
    "policies.operations.imports.import_policies": Asked(
        lambda a, p: imports.import_policies(
            _file(p), actor=a, at=NOON, keyset=KEYSET, reject=lambda *_: None
        ),
        _P.WRITE_POLICIES, _SYSTEMS,
    ),
    "policies.operations.reveal.reveal": Asked(
        lambda a, p: reveal.reveal(
            record=p.record, field="phone", purpose=Purpose.SERVICE, item=p.own, actor=a, at=NOON,
            fields=FIELDS, denials=denials(p.folder),
        ),
        _P.REVEAL,
    ),
    "policies.operations.rotate.rotate": Asked(
        lambda a, _: rotate.rotate(actor=a, at=NOON, fields=FIELDS) + 1, _P.ROTATE_KEYS,
        "an administrator rotates the one keyset, and sees nothing",
    ),
    "policies.operations.search.search": Asked(
        lambda a, p: search.search(
            field="policy_number", value=p.number, actor=a, at=NOON, fields=FIELDS,
            denials=denials(p.folder),
        ),
        _P.SEARCH,
    ),
    "policies.operations.search.open_record": Asked(
        lambda a, p: search.open_record(
            record=p.record, actor=a, at=NOON, fields=FIELDS, denials=denials(p.folder)
        ),
        _P.SEARCH,
    ),
    "policies.operations.search.worklist": Asked(
        lambda a, p: [
            one for one in search.worklist(actor=a, at=NOON, fields=FIELDS)
            if one.record == p.record
        ],
        _P.SEARCH,
    ),
    "feeds.queries.source_of": Asked(
        lambda a, p: feeds.source_of(name=p.source, actor=a), _P.READ_FEEDS, _FEEDS,
        also=frozenset({_P.WRITE_FEEDS, _P.PUSH_FEEDS}),
    ),
    "feeds.queries.sources": Asked(
        lambda a, _: feeds.sources(actor=a, at=NOON), _P.READ_FEEDS, _FEEDS
    ),
    "feeds.queries.rejects": Asked(
        lambda a, p: tried(
            feeds.rejects, name=p.source, number=1, places=wires(p.folder).places, actor=a
        ),
        _P.READ_FEEDS, _FEEDS,
    ),
    "feeds.operations.sources.add_source": Asked(
        lambda a, p: did(
            sources.add_source, name="new", terms=Terms(kind=Way.FOLDER, place=str(p.folder)),
            actor=a, at=NOON,
        ),
        _P.WRITE_FEEDS, _FEEDS,
    ),
    "feeds.operations.sources.change_source": Asked(
        lambda a, p: sources.change_source(name=p.source, changes={}, actor=a, at=NOON),
        _P.WRITE_FEEDS, _FEEDS,
    ),
    "feeds.operations.sources.remove_source": Asked(
        lambda a, p: did(sources.remove_source, name=p.source, actor=a, at=NOON),
        _P.WRITE_FEEDS, _FEEDS,
    ),
    "feeds.operations.push.push": Asked(
        lambda a, p: push(source=p.source, body=b"", actor=a, at=NOON, wires=wires(p.folder)),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "feeds.operations.resolve.resolve": Asked(
        lambda a, p: resolve(name=p.source, actor=a, at=NOON, wires=wires(p.folder)),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "feeds.operations.imports.import_source": Asked(
        lambda a, p: feed_imports.import_source(
            name=p.source, actor=a, at=NOON, wires=wires(p.folder)
        ),
        _P.PUSH_FEEDS, _SYSTEMS,
    ),
    "feeds.operations.imports.stage_of": Asked(
        lambda a, _: feed_imports.stage_of(Source.objects.get(), Terms(kind=Way.PUSH), a, FIELDS),
        whole=_STAGE,
    ),
    "feeds.operations.schedule.import_scheduled": Asked(
        lambda a, p: import_scheduled(name=p.source, actor=a, at=NOON, wires=wires(p.folder)),
        whole=_WORKER,
    ),
}  # fmt: skip
