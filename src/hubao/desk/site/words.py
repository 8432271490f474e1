"""What the ledger's page calls the actions that entries tell of."""

from typing import Final

from django.utils.translation import gettext_lazy as _

ACTION_WORDS: Final = {
    "denied": _("was refused"),
    "desk.backed_up": _("took a backup"),
    "desk.restored": _("restored a backup"),
    "item.closed": _("closed a work item"),
    "item.opened": _("opened a work item"),
    "item.taken": _("took a work item"),
    "keys.rotated": _("rotated the keys"),
    "ledger.spool_taken": _("took refusals in from the local file"),
    "people.added": _("added a person"),
    "people.changed": _("changed a person"),
    "people.imported": _("imported people"),
    "people.left": _("ended the access of who left"),
    "people.logins_imported": _("imported logins"),
    "people.roles": _("set roles"),
    "people.sign_in_made": _("made a sign-in"),
    "people.signed_in": _("signed in"),
    "people.token_issued": _("issued a token"),
    "people.tokens_revoked": _("revoked tokens"),
    "people.units_imported": _("imported units"),
    "policy.break_glass": _("broke the glass"),
    "policy.break_glass_reviewed": _("reviewed an emergency"),
    "policy.import": _("imported policies"),
    "policy.list": _("saw in a list, masked"),
    "policy.open": _("opened, masked"),
    "policy.put": _("added or changed policies"),
    "policy.reveal": _("revealed a field"),
    "policy.search": _("found by search, masked"),
    "webhook.added": _("added a webhook"),
    "webhook.disabled": _("disabled a webhook"),
    "webhook.replayed": _("sent webhooks again"),
    "webhook.secret_rotated": _("rotated a webhook's secret"),
}
