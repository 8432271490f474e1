"""How many messages wait for those who take them up, and how many failed before."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count, FilteredRelation, Min, Q

from hubao.desk.core.delivery import Consumer
from hubao.desk.core.metrics import Read, reading
from hubao.desk.core.models import Outbox

WAITING: Final = reading(
    "hubao_outbox_waiting", "Messages that a consumer hasn't taken up yet.", "consumer", "topic"
)
OLDEST: Final = reading(
    "hubao_outbox_oldest_seconds",
    "Age of the oldest message that a consumer hasn't taken up yet; 0 if there is none.",
    "consumer",
    "topic",
)
FAILING: Final = reading(
    "hubao_deliveries_failing",
    "Messages that a consumer failed to take up; they are tried again.",
    "consumer",
    "topic",
)


def read_backlog(consumers: Sequence[Consumer], at: datetime) -> Iterator[Read]:
    """Tell of every consumer and topic, also where nothing waits."""
    for consumer in consumers:
        found = _waiting(consumer)
        for topic in consumer.topics:
            waiting, failing, oldest = found.get(topic, (0, 0, at))
            labels = consumer.name, topic
            yield Read(WAITING, waiting, labels)
            yield Read(OLDEST, (at - oldest).total_seconds(), labels)
            yield Read(FAILING, failing, labels)


def _waiting(consumer: Consumer) -> dict[str, tuple[int, int, datetime]]:
    """Count, by topic, what waits and what of it failed; and say since when."""
    mine = FilteredRelation("delivery", condition=Q(delivery__consumer=consumer.name))
    rows = Outbox.objects.alias(mine=mine).filter(topic__in=consumer.topics, mine__done_at=None)
    counts = rows.values_list("topic").annotate(
        waiting=Count("id"), failing=Count("id", filter=Q(mine__tries__gt=0)), oldest=Min("at")
    )
    return {topic: (waiting, failing, oldest) for topic, waiting, failing, oldest in counts}
