"""What pages call roles, reasons, kinds of parties, and what was changed about them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from hubao.desk.core.actor import Role
from hubao.desk.people.rules import Employment, Sort, Why

ROLE_WORDS: Final = {
    Role.CLERK: _("Clerk"),
    Role.CALLER: _("Call-back caller"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.OPERATIONS: _("Operations"),
    Role.SECURITY: _("Information security"),
    Role.COMPLIANCE: _("Compliance"),
    Role.ADMIN: _("Administrator"),
}
WHY_WORDS: Final = {
    Why.NEW_TASK: _("New task"),
    Why.MOVED: _("Moved to another unit"),
    Why.COVER: _("Stands in for a colleague"),
    Why.NOT_NEEDED: _("No longer needed"),
    Why.INVESTIGATION: _("While something is looked into"),
    Why.MISTAKE: _("Was a mistake"),
}
SORT_WORDS: Final = {
    Sort.PERSON: _("Person"),
    Sort.PARTNER: _("Partner"),
    Sort.SERVICE: _("Service account"),
}
EMPLOYMENT_WORDS: Final = {
    Employment.HIRED: _("Works here"),
    Employment.ON_NOTICE: _("On notice"),
    Employment.LEFT: _("Has left"),
}
CHANGE_WORDS: Final = {
    "people.added": _("added a person"),
    "people.changed": _("changed a person"),
    "people.left": _("ended the access of who left"),
    "people.roles": _("set roles"),
    "people.sessions_ended": _("ended sign-ins"),
    "people.sign_in_made": _("made a sign-in"),
    "people.signed_in": _("signed in"),
    "people.token_issued": _("issued a token"),
    "people.token_restored": _("took a revocation back"),
    "people.token_revoked": _("revoked a token"),
    "people.tokens_revoked": _("revoked tokens"),
}
_BROWSERS: Final = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}


def browser_word(agent: str) -> str:
    """Name the browser that a user agent says it is; it may say what it likes."""
    return next((word for part, word in _BROWSERS.items() if part in agent), "?")
