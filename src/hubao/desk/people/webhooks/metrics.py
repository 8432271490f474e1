"""What waits for other systems, told to those who watch over the desk."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import Count, Min, Q

from hubao.desk.core.metrics import Read, reading
from hubao.desk.people.models import Sending

WAITING: Final = reading("hubao_webhooks_waiting", "Messages on their way to other systems.")
FAILING: Final = reading(
    "hubao_webhooks_failing", "Messages to other systems that didn't arrive when last tried."
)
OLDEST: Final = reading(
    "hubao_webhooks_oldest_seconds",
    "Age of the oldest message on its way to another system; 0 if there is none.",
)


def read_webhooks(at: datetime) -> Iterator[Read]:
    """Tell what waits, whoever it is for."""
    found = Sending.objects.filter(next_at__isnull=False).aggregate(
        waiting=Count("id"),
        failing=Count("id", filter=Q(fault__isnull=False)),
        oldest=Min("message__at"),
    )
    yield Read(WAITING, found["waiting"])
    yield Read(FAILING, found["failing"])
    yield Read(OLDEST, (at - found["oldest"]).total_seconds() if found["oldest"] else 0)
