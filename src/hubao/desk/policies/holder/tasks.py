"""Write the message with a code: what the worker does when a policyholder has asked for one."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from hubao.desk.core.delivery import Message
from hubao.desk.core.messages.letters import Letter
from hubao.desk.core.messages.sending import Courier
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.policies.catalogue import normal
from hubao.desk.policies.holder.operations import ASKED, code_digest
from hubao.desk.policies.holder.rules import CODE_DIGITS, CODE_LASTS, TRIES
from hubao.desk.policies.models import HolderCode, Policy
from hubao.seal.fields import Fields

NAME: Final = "holder-codes"


def courier(*, fields: Callable[[], Fields], insurer: str, by: str) -> Courier:
    """Give who writes messages with codes.

    Args:
        fields: gives what decrypts, as the keys are now.
        insurer: the name that policyholders know.
        by: who sends, for the ledger.
    """

    def write(message: Message, at: datetime) -> Letter | None:
        return _letter(message, at, fields(), insurer, by)

    return Courier(NAME, (ASKED,), write)


def _letter(message: Message, at: datetime, fields: Fields, insurer: str, by: str) -> Letter | None:
    """Make a code, and the message with it.

    The code exists in the message alone; a second try, after a crash, makes another, and the first
    counts no more. The phone is the one on file: changes of it aren't recorded yet, else one that
    was changed lately would not be trusted.
    """
    open_codes = HolderCode.objects.filter(entered_at=None, ends_at__gt=at, tries__lt=TRIES)
    row = open_codes.filter(id=message.facts["code"], record__isnull=False).first()
    record = row.record if row else None
    phone = Policy.objects.filter(record=record).values_list("phone", flat=True).first()
    if row is None or record is None or phone is None:
        return None
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    open_codes.filter(id=row.id).update(digest=code_digest(code, of=row.id, fields=fields))
    append_entry(
        Entered(
            action="policyholder.code", actor=by, subject=record, at=at, facts={"fields": ["phone"]}
        )
    )
    to = normal("phone", fields.decrypt(bytes(phone), field="phone", record=record))
    return Letter(to=to, text=_text(code, insurer, str(message.facts["in"])), kind="code")


def _text(code: str, insurer: str, language: str) -> str:
    """No policy number, no link: neither helps who asked, and both teach people to trust them."""
    minutes = CODE_LASTS // timedelta(minutes=1)
    with override(language):
        return _(
            "%(insurer)s: your code to see who looked at your data is %(code)s, for %(minutes)s"
            " minutes. Give it to nobody, not even to somebody who says we sent them."
            " You didn't ask for it? Then you need do nothing."
        ) % {"insurer": insurer or _("Your insurer"), "code": code, "minutes": minutes}
