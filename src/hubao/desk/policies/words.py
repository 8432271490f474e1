"""What pages call fields and purposes."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from hubao.desk.policies.rules import Purpose

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
MONEY: Final = ("premium", "cash_value")


def spoken(field: str, value: str) -> str:
    """Write a revealed value for people: money as ¥1,234.56."""
    return f"¥{int(value) / 100:,.2f}" if field in MONEY else value
