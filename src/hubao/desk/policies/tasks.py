"""What this room does with messages: an alert becomes a row that somebody has to answer.

When investigations have a room of their own, that takes these messages up.
"""

from datetime import datetime
from typing import Final

from hubao.desk.core.delivery import Consumer, Message
from hubao.desk.policies.queries import is_reviewed
from hubao.desk.policies.steps import BROKEN, TOPIC, raise_alert


def _raise(message: Message, at: datetime) -> None:
    del at  # what counts is when it happened
    facts = message.facts
    why = str(facts["why"])
    if why == BROKEN and is_reviewed(str(facts["emergency"])):
        return  # somebody has read the reason already
    raise_alert(key=message.key, why=why, who=str(facts["actor"]), at=message.at)


ALERTS: Final = Consumer("policies.alerts", [TOPIC], _raise)
