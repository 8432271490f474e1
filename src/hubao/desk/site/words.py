"""What the ledger's page calls the actions that entries tell of."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from hubao.desk.people.words import CHANGE_WORDS

ACTION_WORDS: Final = {
    **CHANGE_WORDS,
    "alert.answered": _("answered an alert"),
    "alert.reopened": _("opened an alert again"),
    "denied": _("was refused"),
    "desk.backed_up": _("took a backup"),
    "desk.restored": _("restored a backup"),
    "feed.imported": _("imported access events"),
    "feed.kept": _("kept access events that a restore had forgotten"),
    "feed.resolved": _("named access events anew"),
    "feed.source_added": _("added a source of access events"),
    "feed.source_changed": _("changed a source of access events"),
    "feed.source_removed": _("removed a source of access events"),
    "item.closed": _("closed a work item"),
    "item.opened": _("opened a work item"),
    "item.taken": _("took a work item"),
    "keys.rotated": _("rotated the keys"),
    "ledger.archived": _("archived old entries"),
    "ledger.erased": _("erased somebody from archived entries"),
    "ledger.spool_taken": _("took refusals in from the local file"),
    "people.imported": _("imported people"),
    "people.logins_imported": _("imported logins"),
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
    "policyholder.code": _("sends the policyholder a code"),
    "policyholder.viewed": _("saw who looked, as the policyholder"),
    "report.answered": _("answered a policyholder's report"),
    "report.made": _("reported, as the policyholder"),
    "report.opened": _("opened a policyholder's report"),
    "report.withdrawn": _("took a report back, as the policyholder"),
}
