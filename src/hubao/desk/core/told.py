"""What went wrong, in the reader's language: one sentence for each code that a page can meet."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as sentence

from hubao.kit.errors import HubaoError, Kind

STATUS: Final = {
    Kind.INVALID: 400,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}
SENTENCES: Final = {
    "core.not_allowed": sentence("Your role doesn't allow this."),
    "core.item_moved_on": sentence("This work item is closed, or somebody else has it now."),
    "core.no_keyset": sentence("The keys can't be read: tell whoever runs the server."),
    "input.bad": sentence("This can't be used as it is: check what you wrote and try again."),
    "people.no_such_person": sentence("Nobody of this id works here, as far as you see."),
    "people.roles_changed": sentence(
        "Somebody else changed these roles meanwhile: look at what they have now, then set them."
    ),
    "people.no_such_token": sentence("There is no such token any more that this could be done to."),
    "policies.no_such_policy": sentence("There is no such policy in your branch."),
    "policies.no_work_item": sentence("Choose an open work item of yours or your team's first."),
    "policies.wrong_purpose": sentence("Your role doesn't look at records for this purpose."),
    "policies.step_up": sentence(
        "This isn't your own work: show your second factor again, then reveal."
    ),
    "policies.quota_used": sentence(
        "You have revealed as much outside your own work today as your role may:"
        " ask for a work item of your own."
    ),
    "policies.too_many": sentence("Too many policies match: search by a number instead."),
    "policies.slowed": sentence(
        "You have searched for policy numbers in order: wait %(seconds)s s,"
        " or work from a work item."
    ),
    "policies.review_first": sentence(
        "Your last emergency waits for its review: ask a supervisor to look at it."
    ),
    "policies.no_such_alert": sentence("No such alert is open: somebody answered it meanwhile."),
    "policies.nothing_to_review": sentence("No such emergency waits for your review."),
    "policies.too_often": sentence(
        "Too much was asked from your connection: wait %(minutes)s minutes and try again."
    ),
    "policies.wrong_code": sentence(
        "This isn't the code from the last message: look again. %(left)s tries are left."
    ),
    "policies.no_code": sentence(
        "No code can be entered here any more: it was used, tried too often, or is older than ten"
        " minutes. Ask for a new one."
    ),
    "policies.no_visit": sentence("Your visit has ended: ask for a new code."),
    "policies.no_such_look": sentence("Choose which look you mean."),
    "policies.already_reported": sentence(
        "You have reported this already, under %(receipt)s. Take that back first, and send this"
        " then: it is still here."
    ),
    "policies.no_such_report": sentence("There is no such report, or it is settled by now."),
    "policies.reason": sentence("Write the reason in 10 to 2,000 characters."),
    "feeds.no_such_source": sentence("There is no such source of access events."),
    "feeds.no_rejects": sentence("No list of rows that were set aside is kept of this import."),
    "ledger.no_head": sentence("No head is signed yet that this could be proved under."),
    "ledger.no_such_entry": sentence("No such entry is under the head signed last: wait an hour."),
    "ledger.not_written": sentence(
        "Nothing was shown, because the ledger can't be written just now: try again in a minute."
    ),
    "ledger.torn": sentence("The ledger's tree is damaged: tell whoever runs the server."),
    "seal.unreadable": sentence("This value can't be decrypted: tell whoever runs the server."),
}


def told(error: HubaoError) -> str:
    """Say what went wrong, for people."""
    text = SENTENCES.get(error.code)
    return _(text) % error.facts if text else error.message


def status(error: HubaoError) -> int:
    """Give the HTTP status of a failure."""
    return STATUS[error.kind]
