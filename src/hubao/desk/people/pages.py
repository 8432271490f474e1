"""The console's page about somebody who works here: what they may do, and how to end it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from hubao.desk.core.actor import Actor, Permission, Role
from hubao.desk.core.console import page, sorry
from hubao.desk.core.told import told
from hubao.desk.ledger.queries import Seen, changes_to
from hubao.desk.people.middleware import asking, signed_in
from hubao.desk.people.operations import end_sessions, give_roles, restore_token, revoke_token
from hubao.desk.people.queries import Person
from hubao.desk.people.queries import person as find_person
from hubao.desk.people.rules import Employment, Sort, Why
from hubao.desk.people.words import (
    CHANGE_WORDS,
    EMPLOYMENT_WORDS,
    ROLE_WORDS,
    SORT_WORDS,
    WHY_WORDS,
    browser_word,
)
from hubao.kit.errors import HubaoError

UNDO = "roles_before"  # in the session: whose roles were changed last, from what to what
_SHOWN = 20  # changes


@signed_in
@require_GET
def person(request: HttpRequest, party: str) -> HttpResponse:
    """Show somebody of one's branch."""
    actor, now = asking(request), timezone.now()
    try:
        found = find_person(party=party, actor=actor, at=now)
        history = changes_to(person=party, actor=actor)[:_SHOWN]
    except HubaoError as error:
        return sorry(request, error)
    return page(
        request,
        "people/person.html",
        title=found.seen.name,
        person=found,
        kind=SORT_WORDS[found.seen.kind],
        employment=EMPLOYMENT_WORDS[found.seen.employment],
        roles=[(role, ROLE_WORDS[role], role in found.seen.roles) for role in Role],
        had=[ROLE_WORDS[role] for role in found.seen.roles],
        reasons=list(WHY_WORDS.items()),
        sessions=[(one, browser_word(one.browser)) for one in found.sessions],
        history=[(one, CHANGE_WORDS.get(one.action, one.action), _reason(one)) for one in history],
        undo=_undo(request, party),
        **_may(actor, found),
    )


@signed_in
@require_POST
def roles(request: HttpRequest, party: str) -> HttpResponse:
    """Give somebody roles, in place of those they had."""
    chosen = request.POST.getlist("role")
    try:
        wanted, why = [Role(one) for one in chosen], Why(request.POST.get("why", ""))
    except ValueError:
        messages.error(request, _("Choose roles and a reason."))
        return redirect("person", party=party)

    def do(actor: Actor) -> str:
        had = give_roles(party=party, roles=wanted, actor=actor, at=timezone.now(), why=why)
        request.session[UNDO] = {"party": party, "roles": list(had), "given": wanted}
        return _("The roles are set; they have to sign in again.")

    return _done(request, party, do)


@signed_in
@require_POST
def undo_roles(request: HttpRequest, party: str) -> HttpResponse:
    """Give somebody back the roles that they had before the last change on this page."""
    changed = _undo(request, party)
    request.session.pop(UNDO, None)
    if changed is None:
        messages.error(request, _("There is nothing to undo."))
        return redirect("person", party=party)

    before, given = changed

    def do(actor: Actor) -> str:
        now = timezone.now()
        give_roles(
            party=party, roles=before, actor=actor, at=now, why=Why.MISTAKE, instead_of=given
        )
        return _("They have the roles again that they had before.")

    return _done(request, party, do)


@signed_in
@require_POST
def sign_ins(request: HttpRequest, party: str) -> HttpResponse:
    """End one sign-in, or all."""
    one = request.POST.get("session")  # none: all of them
    if one is not None and not one.isdecimal():
        messages.error(request, _("Choose a sign-in from the list: this one isn't in it."))
        return redirect("person", party=party)

    def do(actor: Actor) -> str:
        session = None if one is None else int(one)
        ended = end_sessions(party=party, actor=actor, at=timezone.now(), session=session)
        return ngettext("%(n)d sign-in is ended.", "%(n)d sign-ins are ended.", ended) % {
            "n": ended
        }

    return _done(request, party, do)


@signed_in
@require_POST
def token(request: HttpRequest, party: str) -> HttpResponse:
    """Revoke a token, or take that back."""
    number = request.POST.get("token", "")
    chosen = int(number) if number.isdecimal() else 0

    def do(actor: Actor) -> str:
        if request.POST.get("do") == "restore":
            restore_token(token=chosen, actor=actor, at=timezone.now())
            return _("The token opens again what it did.")
        revoke_token(token=chosen, actor=actor, at=timezone.now())
        return _("The token is revoked. For an hour an administrator can take that back.")

    return _done(request, party, do)


def _done(request: HttpRequest, party: str, do: Callable[[Actor], str]) -> HttpResponse:
    try:
        messages.success(request, do(asking(request)))
    except HubaoError as error:
        messages.error(request, told(error))
    return redirect("person", party=party)


def _may(actor: Actor, found: Person) -> dict[str, bool]:
    here = found.seen.employment is not Employment.LEFT
    person = found.seen.kind is Sort.PERSON
    return {
        "gives_roles": actor.may(Permission.GIVE_ROLES) and here and person,
        "is_own": found.seen.id == actor.id,
        "is_person": person,
        "ends": actor.may(Permission.END_ACCESS),
        "restores": actor.may(Permission.GIVE_ROLES),
        "reads_ledger": actor.may(Permission.READ_LEDGER),
    }


def _undo(request: HttpRequest, party: str) -> tuple[list[Role], list[Role]] | None:
    """Give what the person had before the last change here, and what they were given by it."""
    changed = request.session.get(UNDO)
    if changed is None or changed["party"] != party:
        return None
    return [Role(one) for one in changed["roles"]], [Role(one) for one in changed["given"]]


def _reason(entry: Seen) -> object:
    return WHY_WORDS.get(Why(entry.why)) if entry.why in set(Why) else ""
