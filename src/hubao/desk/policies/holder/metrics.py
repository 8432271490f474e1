"""What is counted of policyholders who ask."""

from typing import Final

from hubao.desk.core.metrics import counter
from hubao.desk.policies.holder.rules import (
    ASKS_OF_ADDRESS,
    ASKS_OF_NETWORK,
    ASKS_OF_NUMBER,
    TRIES_OF_ADDRESS,
)

_KINDS: Final = (ASKS_OF_ADDRESS, ASKS_OF_NETWORK, ASKS_OF_NUMBER[0], TRIES_OF_ADDRESS)
REFUSED: Final = counter(
    "hubao_policyholders_refused_total",
    "Asks and tries on the policyholder's page over a limit, by which one.",
    "limit",
    known=[(one.kind,) for one in _KINDS],
)
