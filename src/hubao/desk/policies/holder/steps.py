"""Count what is asked, in a fixed number of rows; within the transaction of what asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.db import connection

from hubao.desk.core.transactions import require_open
from hubao.desk.policies.holder.rules import Limit
from hubao.kit.errors import HubaoError, Kind
from hubao.seal.fields import Fields

SLOTS: Final = 2**16  # for each kind; keyed, so that nobody can choose whom they fall together with
_HOME: Final = 64  # bits of an IPv6 address that one home or phone has
# One statement, as two that race must both count; a new span begins at one.
_COUNT: Final = """
INSERT INTO policies_holder_count (kind, slot, span, used) VALUES (%s, %s, %s, 1)
ON CONFLICT (kind, slot) DO UPDATE SET span = excluded.span,
used = CASE WHEN policies_holder_count.span = excluded.span
THEN policies_holder_count.used + 1 ELSE 1 END
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
    if not _counted(limit, _home(address), at, fields):
        minutes = limit.span // timedelta(minutes=1)
        raise TooOften(
            f"Too much was asked from your connection: wait {minutes} minutes.", minutes=minutes
        )


def count_number(limits: Sequence[Limit], *, number: str, at: datetime, fields: Fields) -> bool:
    """Count that a policy number is asked about; tells whether it was within every limit.

    Also those of no policy of ours are counted: by the same statements.
    """
    return all([_counted(limit, number, at, fields) for limit in limits])  # noqa: C419 - count all


def _counted(limit: Limit, what: str, at: datetime, fields: Fields) -> bool:
    require_open("count")
    hashed = fields.index(what, field=limit.kind)
    slot = int.from_bytes(hashed[:4]) % SLOTS
    span = int(at.timestamp() // limit.span.total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [limit.kind, slot, span])
        used: int = cursor.fetchone()[0]
    return used <= limit.most


def _home(address: str) -> str:
    """Give what one home or phone has of an address: all of IPv4's, the half of IPv6's."""
    try:
        number = ip_address(address)
    except ValueError:
        return ""
    if not isinstance(number, IPv6Address):
        return str(number)
    inner = number.ipv4_mapped
    return str(inner) if inner else str(ip_network((number, _HOME), strict=False))
