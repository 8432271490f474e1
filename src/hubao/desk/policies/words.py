"""What pages call fields and purposes."""

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from hubao.desk.policies.rules import Purpose

if TYPE_CHECKING:
    from django.utils.functional import Promise

FIELD_WORDS: Final = {
    "policy_number": _("Policy number"),
    "holder_name": _("Policyholder"),
    "identity_number": _("Identity number"),
    "phone": _("Phone"),
    "address": _("Address"),
    "bank_account": _("Bank account"),
    "insured_name": _("Insured"),
    "beneficiary": _("Beneficiary"),
    "premium": _("Premium"),
    "cash_value": _("Cash value"),
}
PURPOSE_WORDS: Final = {
    Purpose.SERVICE: _("Customer service"),
    Purpose.SURRENDER: _("Surrender"),
    Purpose.CLAIM: _("Claim"),
    Purpose.CALL_BACK: _("Call-back"),
    Purpose.COMPLAINT: _("Complaint"),
    Purpose.INVESTIGATION: _("Investigation"),
    Purpose.EMERGENCY: _("Emergency"),
}
NEXT_WORDS: Final = {
    Purpose.SERVICE: _("Open the policy, do what was asked, close the item"),
    Purpose.SURRENDER: _("Check who asks and where the money goes, then close the item"),
    Purpose.CLAIM: _("Check the claim against the policy, then close the item"),
    Purpose.CALL_BACK: _("Call the number in the policy, write down what was said"),
    Purpose.COMPLAINT: _("Read the complaint, look at the policy, answer"),
    Purpose.INVESTIGATION: _("Compare what was seen with what was needed"),
}
ALERT_WORDS: Final = {
    "glass_broken": _("Broke the glass: saw a policy without a work item"),
    "not_an_emergency": _("Broke the glass, and the review found no emergency"),
    "numbers_in_order": _("Searched for policy numbers one after the other"),
    "ledger_unwritten": _("The ledger could not be written: refused attempts went into a file"),
    "no_head": _("No head of the ledger was published for more than two hours"),
    "entries_wait": _("Entries waited longer than a minute for their place in the ledger"),
}
ALERT_STEPS: Final = {
    "glass_broken": _("Review the reason under Emergencies."),
    "not_an_emergency": _("Talk to them, and see in the ledger what else they looked at."),
    "numbers_in_order": _("Ask what they were looking for, and see their searches in the ledger."),
    "ledger_unwritten": _("Nothing was shown meanwhile. Ask who runs the server for the cause."),
    "no_head": _("Look after hubao ledger signer and the places outside."),
    "entries_wait": _("See that hubao desk worker runs, and why it didn't."),
}
MONEY: Final = ("premium", "cash_value")


def told_of(why: str) -> "str | Promise":
    """Say what an alert is about; one that this version doesn't know keeps its code."""
    return ALERT_WORDS.get(why, why)


def spoken(field: str, value: str) -> str:
    """Write a revealed value for people: money as ¥1,234.56."""
    return f"¥{int(value) / 100:,.2f}" if field in MONEY else value
