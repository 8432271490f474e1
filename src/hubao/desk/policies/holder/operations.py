"""Ask for a code, come in by it, look, leave.

Nobody can tell from an answer, or from how long it takes, whether a policy is with us: for a number
of ours and for a stranger's the same statements run, in the same order, and as much is hashed and
written. Whether a code is sent is decided by the worker, after the answer was given.
"""

import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Final

from django.db import connection

from hubao.desk.core.actor import POLICYHOLDER, Actor
from hubao.desk.core.steps import send_later
from hubao.desk.core.transactions import durable
from hubao.desk.ledger.denials import DENIED
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.ledger.together import append_together
from hubao.desk.people.rules import token_digest
from hubao.desk.policies.catalogue import normal
from hubao.desk.policies.holder.rules import (
    ASKS_OF_ADDRESS,
    ASKS_OF_NETWORK,
    ASKS_OF_NUMBER,
    CODE_DIGITS,
    CODE_LASTS,
    KEPT,
    TRIES,
    TRIES_OF_ADDRESS,
    VISIT_LASTS,
)
from hubao.desk.policies.holder.steps import count_address, count_network, count_number
from hubao.desk.policies.models import HolderCode, Policy
from hubao.kit.errors import BadInput, HubaoError, Kind
from hubao.seal.fields import Fields

ASKED: Final = "policyholder.code_asked"
LONGEST: Final = 60  # characters of a policy number
_LONGEST_TYPED: Final = 200  # characters that are looked at: normal forms of more take long
_DIGEST_BYTES: Final = 16
# One statement: of tries that race, none is free.
_TRY: Final = """
UPDATE policies_holder_code SET tries = tries + 1
WHERE browser = %s AND entered_at IS NULL AND ends_at > %s AND tries < %s
RETURNING id, record, digest, tries
"""


class WrongCode(HubaoError):  # noqa: N818 - says what happened, as its base does
    """This isn't the code that was sent last."""

    code = "policies.wrong_code"
    kind = Kind.FORBIDDEN


class NoCode(HubaoError):  # noqa: N818 - as above
    """No code can be entered here any more: it was used, tried too often, or has ended."""

    code = "policies.no_code"
    kind = Kind.CONFLICT


class NoVisit(HubaoError):  # noqa: N818 - as above
    """The policyholder's visit has ended."""

    code = "policies.no_visit"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Visit:
    """A policyholder who has come in, to one policy.

    Attributes:
        id: of the code that was entered.
        record: the policy.
        ends_at: until when.
    """

    id: int
    record: str
    ends_at: datetime

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return Actor(id=POLICYHOLDER, own=self.record)


def ask(*, number: str, address: str, language: str, at: datetime, fields: Fields) -> str:
    """Ask for a code for a policy; the worker sends one if the policy is ours and has a phone.

    Args:
        number: of the policy, as written.
        address: that the request comes from.
        language: for the message.
        at: now.
        fields: what indexes.

    Returns:
        What the browser keeps, to enter the code with.

    Raises:
        BadInput: nothing is written, or more than any policy number has.
        TooOften: the address has asked as much as it may.
    """
    written = normal("policy_number", number[: _LONGEST_TYPED + 1].replace("\0", ""))
    if len(number) > _LONGEST_TYPED or not 0 < len(written) <= LONGEST:
        raise BadInput("Write the policy number as it stands on the policy.")
    token = secrets.token_urlsafe()
    with durable():
        count_network(ASKS_OF_NETWORK, address=address, at=at, fields=fields)
        count_address(ASKS_OF_ADDRESS, address=address, at=at, fields=fields)
        within = count_number(ASKS_OF_NUMBER, number=written, at=at, fields=fields)
        ours = Policy.objects.filter(
            policy_number_index__in=list(fields.indexes(written, field="policy_number"))
        )
        record = ours.values_list("record", flat=True).first()
        row = HolderCode.objects.create(
            record=record if within else None,
            browser=token_digest(token),
            digest=os.urandom(_DIGEST_BYTES),  # matches nothing until the worker sends a code
            asked_at=at,
            ends_at=at + CODE_LASTS,
        )
        send_later(topic=ASKED, key=str(row.id), facts={"code": row.id, "in": language}, at=at)
    return token


def enter(*, token: str, code: str, address: str, at: datetime, fields: Fields) -> str:
    """Come in by a code, once; the fifth wrong one ends it, and is entered.

    Args:
        token: what the browser keeps.
        code: as typed; blanks and full-width digits don't matter.
        address: that the request comes from.
        at: now.
        fields: what indexes.

    Returns:
        What the browser keeps from now on.

    Raises:
        WrongCode: it isn't the right one; there are tries left.
        NoCode: it was used, tried too often, or has ended; or nobody asked for one here.
        TooOften: too many were tried from this address.
    """
    fresh = secrets.token_urlsafe()
    with durable():
        count_address(TRIES_OF_ADDRESS, address=address, at=at, fields=fields)
        tried = _tried(token, code, at, fields)
        if tried.is_right:
            HolderCode.objects.filter(id=tried.id, entered_at=None).update(
                browser=token_digest(fresh), entered_at=at, ends_at=at + VISIT_LASTS
            )
        elif tried.tries == TRIES:
            _enter_refusal(tried.record, at)
    if tried.is_right:
        return fresh
    if 0 < tried.tries < TRIES:
        left = TRIES - tried.tries
        raise WrongCode("This isn't the code that was sent last: look again.", left=left)
    raise NoCode("No code can be entered here any more: ask for a new one.")


def visit_of(*, token: str, at: datetime) -> Visit:
    """Say whose visit a browser's is.

    Raises:
        NoVisit: it has ended, or never began.
    """
    rows = HolderCode.objects.filter(browser=token_digest(token), entered_at__isnull=False)
    row = rows.filter(ends_at__gt=at).first()
    if row is None or row.record is None:
        raise NoVisit("Your visit has ended: ask for a new code.")
    return Visit(row.id, row.record, row.ends_at)


def enter_view(*, visit: Visit, at: datetime) -> None:
    """Write into the ledger that the policyholder looks, before anything is shown.

    Raises:
        NotWritten: the ledger can't be written.
    """
    append_together(
        [Entered(action="policyholder.viewed", actor=POLICYHOLDER, subject=visit.record, at=at)]
    )


def leave(*, token: str, at: datetime) -> None:
    """End a visit, or give an asked code up."""
    with durable():
        HolderCode.objects.filter(browser=token_digest(token), ends_at__gt=at).update(ends_at=at)


def forget_codes(*, at: datetime) -> int:
    """Delete asks that are older than KEPT; returns how many."""
    with durable():
        deleted, _ = HolderCode.objects.filter(asked_at__lt=at - KEPT).delete()
    return deleted


def code_digest(code: str, *, of: int, fields: Fields) -> bytes:
    """Give what is kept of a code: a keyed hash, bound to who asked for it."""
    return fields.index(f"{of}:{code}", field="one_time_code")


@dataclass(frozen=True)
class _Tried:
    """What came of a try; 0 tries if there was nothing to try."""

    is_right: bool = False
    id: int = 0
    record: str | None = None
    tries: int = 0


def _tried(token: str, code: str, at: datetime, fields: Fields) -> _Tried:
    now = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(_TRY, [token_digest(token), now, TRIES])
        row = cursor.fetchone()
    number, record, digest, tries = row or (0, None, bytes(_DIGEST_BYTES), 0)
    plain = unicodedata.normalize("NFKC", code[:_LONGEST_TYPED])
    typed = re.sub(r"\D", "", plain, flags=re.ASCII)[:CODE_DIGITS]
    # By every key in use, each compared to its end: a rotation may come between.
    digests = fields.indexes(f"{number}:{typed}", field="one_time_code")
    same = [compare_digest(one, bytes(digest)) for one in digests]
    is_right = any(same) and record is not None and len(typed) == CODE_DIGITS
    return _Tried(is_right and tries > 0, number, record, tries)


def _enter_refusal(record: str | None, at: datetime) -> None:
    facts = {"of": "policyholder.entered", "why": WrongCode.code}
    append_entry(Entered(action=DENIED, actor=POLICYHOLDER, subject=record, at=at, facts=facts))
