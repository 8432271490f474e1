"""The topics of messages in the outbox, and what each tells: ids, words and counts.

A room that writes a new topic adds it here. Only what stands here may be sent outside.
"""

from collections.abc import Mapping
from typing import Final

TOPICS: Final[Mapping[str, str]] = {
    "access.alert": "looking up stands out: `why`, `actor`, and `emergency` where there is one",
    "feed.silent": "a source of access events is silent: `source`, for how many `minutes`",
    "person.left": "the access of somebody who left has ended: `party`",
    "webhook.failing": "an endpoint gets no messages: `endpoint`, and `why` it doesn't",
}
