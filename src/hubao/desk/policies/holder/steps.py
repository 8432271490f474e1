"""Within the transaction of a use case: count what is asked, close and enter reports."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.db import connection

from hubao.desk.core.actor import Actor
from hubao.desk.core.steps import ItemMovedOn, close_item
from hubao.desk.core.transactions import require_open
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.steps import append_entry
from hubao.desk.policies.holder.metrics import REFUSED
from hubao.desk.policies.holder.rules import Limit
from hubao.desk.policies.models import Report
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields

SLOTS: Final = 2**20  # for each kind; keyed, so that nobody can choose whom they fall together with
_HOME: Final = {4: 32, 6: 64}  # bits of an address that one home or phone has
_NETWORK: Final = {4: 24, 6: 48}  # bits that whoever rents many addresses has in common
# One statement, as two that race must both count; a new span begins anew.
_COUNT: Final = """
INSERT INTO policies_holder_count (kind, slot, span, used) VALUES (%s, %s, %s, %s)
ON CONFLICT (kind, slot) DO UPDATE SET span = excluded.span,
used = CASE WHEN policies_holder_count.span = excluded.span
THEN policies_holder_count.used + excluded.used ELSE excluded.used END
RETURNING used
"""


class TooOften(HubaoError):  # noqa: N818 - says what happened, as its base does
    """Too much is asked from one address in a short time."""

    code = "policies.too_often"
    kind = Kind.FORBIDDEN


def count_address(limit: Limit, *, address: str, at: datetime, fields: Fields) -> None:
    """Count something that an address asks.

    Raises:
        TooOften: it has asked as much as it may; the transaction is undone, nothing is counted.
    """
    _count_or_refuse(limit, _part(address, _HOME), at, fields)


def count_network(limit: Limit, *, address: str, at: datetime, fields: Fields) -> None:
    """Count something that an address's network asks; raises as `count_address`."""
    _count_or_refuse(limit, _part(address, _NETWORK), at, fields)


def count_number(limits: Sequence[Limit], *, number: str, at: datetime, fields: Fields) -> bool:
    """Count that a policy number is asked about; tells whether it was within every limit.

    What is over a limit doesn't use up those after it. Also those of no policy of ours are
    counted, and what is over a limit too: by the same statements.
    """
    within = True
    for limit in limits:
        within = _counted(limit, number, at, fields, more=int(within)) and within
    if not within:
        REFUSED.labels(limits[0].kind).inc()
    return within


def close_report(row: Report, at: datetime) -> None:
    """Close a report's work item, in the open transaction."""
    with suppress(ItemMovedOn):  # somebody closed the work item by hand
        close_item(item=row.item, at=at)


def append_report(action: str, row: Report, actor: Actor, at: datetime, **more: str) -> None:
    """Enter what was done with a report, in the open transaction."""
    append_entry(entered_report(action, row, actor, at, **more))


def entered_report(action: str, row: Report, actor: Actor, at: datetime, **more: str) -> Entered:
    """Give the entry of what was done with a report."""
    about = {"look": row.event} if row.event else {}
    facts = {"report": row.id, "sort": row.sort} | about | more
    return Entered(
        action=action, actor=actor.id, subject=row.record, item=row.item, at=at, facts=facts
    )


def _count_or_refuse(limit: Limit, what: str, at: datetime, fields: Fields) -> None:
    if not _counted(limit, what, at, fields):
        REFUSED.labels(limit.kind).inc()
        minutes = limit.span // timedelta(minutes=1)
        raise TooOften(
            f"Too much was asked from your connection: wait {minutes} minutes.", minutes=minutes
        )


def _counted(limit: Limit, what: str, at: datetime, fields: Fields, *, more: int = 1) -> bool:
    require_open("count")
    hashed = fields.index(what, field=limit.kind)
    slot = int.from_bytes(hashed[:4]) % SLOTS
    span = int(at.timestamp() // limit.span.total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [limit.kind, slot, span, more])
        used: int = cursor.fetchone()[0]
    return used <= limit.most


def _part(address: str, bits: Mapping[int, int]) -> str:
    """Give the network of an address, with so many bits by its version; empty if it is none."""
    try:
        number = ip_address(address)
    except ValueError:
        return ""
    if isinstance(number, IPv6Address):
        number = number.ipv4_mapped or number
    return str(ip_network((number, bits[number.version]), strict=False))
