"""Every role with every action, and every branch by itself: what is allowed is in one table."""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver, reverse

import hubao.desk
from hubao.desk.core.actor import Actor, NotAllowed, Permission, Role
from hubao.desk.core.rules import Ages
from hubao.desk.people.operations import issue_token
from hubao.desk.site.api import api
from hubao.kit.errors import HubaoError, Kind
from tests.makers.asked import ASKED
from tests.makers.asking import Asked
from tests.makers.branch import ASKER, Place, make_place, settle
from tests.makers.desk import NOON, actor, make_branches, make_person
from tests.makers.signing_in import browser, signed_in, wire

# Steps are within others' use cases; rules and pages have no data of their own.
NOT_ASKED = ("steps", "rules", "pages", "admin", "middleware", "lists", "console", "api")
ROOMS = ("core", "ledger", "people", "policies", "feeds")
OF_BRANCHES = [name for name, asked in ASKED.items() if not asked.whole]
NORTH, SOUTH = ("north", "north-1"), ("south", "south-1")


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


def functions_that_take_an_actor() -> Iterator[str]:
    for module in pkgutil.walk_packages(hubao.desk.__path__, "hubao.desk."):
        room, _, rest = module.name.removeprefix("hubao.desk.").partition(".")
        if room not in ROOMS or rest.rpartition(".")[2] in NOT_ASKED or "migrations" in rest:
            continue
        for name, one in inspect.getmembers(
            importlib.import_module(module.name), inspect.isfunction
        ):
            is_ours = one.__module__ == module.name and not name.startswith("_")
            takes = inspect.signature(one).parameters.get("actor")
            if is_ours and takes is not None and takes.annotation is Actor:
                yield f"{room}.{rest}.{name}"


def test_whatever_takes_an_actor_stands_in_the_table() -> None:
    assert set(functions_that_take_an_actor()) == set(ASKED)


def answer(asked: Asked, who: Actor, place: Place) -> Any:  # noqa: ANN401 - whatever it gives
    found = asked.call(who, place)
    return list(found) if isinstance(found, QuerySet) else found


def is_something(found: object) -> bool:
    if isinstance(found, Ages):
        return found.all > 0
    if isinstance(found, int) and not isinstance(found, bool):
        return found >= 0
    return bool(found)


@pytest.mark.parametrize("name", ASKED)
def test_a_role_is_let_through_or_refused_as_the_table_says(name: str, tmp_path: Path) -> None:
    place, asked = make_place("north", tmp_path), ASKED[name]
    make_person(ASKER, unit="north")
    settle()
    who = {role: actor(ASKER, role, units=NORTH, fresh=True) for role in Role}
    needed = asked.also | ({asked.needs} if asked.needs else frozenset())
    may = [role for role in Role if not needed or any(map(who[role].may, needed))]
    rest = actor(ASKER, units=NORTH)
    others = Actor(ASKER, unit="north", units=rest.units,
                   scopes=frozenset(Permission) - needed)  # fmt: skip

    for role in Role:
        if role not in may:
            with pytest.raises(NotAllowed):
                answer(asked, who[role], place)
    if asked.needs is not None:
        with pytest.raises(NotAllowed):
            answer(asked, others, place)
    if may:
        assert is_something(answer(asked, who[may[0]], place))
    for role in may[1:]:
        _let_through(asked, who[role], place)


def _let_through(asked: Asked, who: Actor, place: Place) -> None:
    """Whoever came before may have done it already; only a missing permission is a fault."""
    try:
        answer(asked, who, place)
    except NotAllowed as error:
        raise AssertionError(f"{sorted(who.roles)} is refused") from error
    except HubaoError:
        pass


@pytest.mark.parametrize("name", OF_BRANCHES)
def test_another_branch_is_as_if_it_were_not_there(name: str, tmp_path: Path) -> None:
    make_place("north", tmp_path)
    there, asked = make_place("south", tmp_path), ASKED[name]
    make_person(ASKER, unit="north")
    settle()
    everything = {"roles": frozenset(Role), "scopes": frozenset(Permission), "verified": NOON}
    stranger = Actor("stranger", unit="north", units=frozenset(NORTH), **everything)  # type: ignore[arg-type]
    local = Actor(ASKER, unit="south", units=frozenset(SOUTH), **everything)  # type: ignore[arg-type]

    assert not _is_seen(asked, stranger, there)
    assert is_something(answer(asked, local, there))


def _is_seen(asked: Asked, who: Actor, place: Place) -> bool:
    """Counts are less one, which is of the asker's own branch; one more would be another's."""
    try:
        found = answer(asked, who, place)
    except HubaoError as refused:
        return refused.kind not in (Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.CONFLICT)
    is_count = isinstance(found, int) and not isinstance(found, bool)
    return found > 0 if is_count else is_something(found)


def console_pages(patterns: Collection[Any], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for one in patterns:
        place = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from console_pages(one.url_patterns, place)
        elif isinstance(one, URLPattern) and place.startswith("/console/") and one.name:
            yield one.name, place


PAGES = {
    "home": None,
    "alerts": Permission.ANSWER_ALERTS,
    "emergencies": Permission.REVIEW,
    "items": Permission.SEARCH,
    "ledger": Permission.READ_LEDGER,
    "person": Permission.READ_PEOPLE,
    "policies": Permission.SEARCH,
    "policy": Permission.SEARCH,
    "proof": Permission.READ_LEDGER,
    "feeds": Permission.READ_FEEDS,
    "reports": Permission.ANSWER_REPORTS,
    "report": Permission.ANSWER_REPORTS,
    "people_party_changelist": Permission.READ_PEOPLE,
    "people_grant_changelist": Permission.READ_PEOPLE,
    "people_token_changelist": Permission.END_ACCESS,
    "usersessions_usersession_changelist": Permission.END_ACCESS,
}
POSTS: dict[str, tuple[Permission, dict[str, str]]] = {
    "reveal": (Permission.REVEAL, {"field": "phone", "purpose": "service"}),
    "emergency": (Permission.BREAK_GLASS, {"reason": "客户在柜台晕倒，需联系家人"}),
    "give-work": (Permission.OPEN_ITEMS, {"kind": "service", "to": "north"}),
    "person-roles": (Permission.GIVE_ROLES, {"role": "clerk", "why": "cover"}),
    "person-sign-ins": (Permission.END_ACCESS, {}),
    "person-token": (Permission.END_ACCESS, {"token": "1"}),
}
OTHERWISE = {
    "feed-rejects",  # as feeds
    "person-undo",  # gives roles, as person-roles, and only what the session says they were
    "index", "app_list", "login", "logout", "password_change", "password_change_done",
    "autocomplete", "jsi18n", "view_on_site", "search", "toggle_sidebar",
}  # the shell's own, which show nothing of ours # fmt: skip


def test_every_page_of_the_console_stands_in_a_table() -> None:
    names = {name for name, _ in console_pages(get_resolver().url_patterns)}

    assert names - OTHERWISE == set(PAGES) | set(POSTS)


@pytest.mark.parametrize("role", Role)
def test_a_page_opens_for_the_roles_that_the_table_says(role: Role, tmp_path: Path) -> None:
    place = make_place("north", tmp_path)
    client = signed_in("li", role)
    may = actor("x", role).may

    for name, needs in PAGES.items():
        args = {
            "person": [place.clerk],
            "policy": [place.record],
            "proof": ["e1"],
            "report": [place.report],
        }.get(name, [])
        found = client.get(reverse(f"admin:{name}" if "changelist" in name else name, args=args))
        assert (found.status_code == 403) == (needs is not None and not may(needs)), name
        assert found.status_code in ((200, 403, 409) if name == "proof" else (200, 403)), name


@pytest.mark.parametrize("role", Role)
def test_a_form_is_taken_from_the_roles_that_the_table_says(role: Role, tmp_path: Path) -> None:
    place = make_place("north", tmp_path)
    client = signed_in("li", role)
    may = actor("x", role).may

    for name, (needs, told) in POSTS.items():
        of = place.clerk if name.startswith("person") else place.record
        found = client.post(reverse(name, args=[of]), told, follow=True)
        text = found.content.decode()
        refused = "您的岗位没有此权限" in text or "core.not_allowed" in text
        assert refused == (not may(needs)), name


def test_an_api_operation_is_open_to_the_scope_that_its_description_names() -> None:
    admin = actor("admin", Role.ADMIN, unit="HQ", units=None)
    operations = [
        (path, method, str(told["description"]))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, told in methods.items()
    ]
    assert len(operations) == 7

    for number, (path, method, described) in enumerate(operations):
        named = re.match(r"Scope: ([a-z._]+)\.", described)
        assert named, path
        scope = Permission(named.group(1))
        for has in (True, False):
            make_person(f"svc{number}{has}", unit="HQ", kind="service")
            scopes = [scope] if has else [one for one in Permission if one is not scope]
            token = issue_token(party=f"svc{number}{has}", scopes=scopes, actor=admin, at=NOON)
            status = _asked_by_token(path.replace("{event}", "e1"), method, token)
            assert (status == 403) == (not has), (path, has, status)


BODIES = {
    "policies": {"policies": [{"policy_number": "PN1", "unit": "north"}]},
    "units": {"units": [{"unit": "east", "name": "E", "parent": "HQ"}]},
    "people": {"people": [{"actor": "wu", "name": "吴", "unit": "north"}]},
    "items": {"kind": "service", "team": "north", "policy_numbers": ["PN0"]},
}


def _asked_by_token(path: str, method: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    body = BODIES.get(path.rpartition("/")[2])
    asked = browser().generic(
        method.upper(),
        path,
        data=json.dumps(body) if body else "",
        content_type="application/json",
        headers=headers,
    )
    return int(asked.status_code)
