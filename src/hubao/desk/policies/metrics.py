"""What is counted of looking at records."""

from typing import Final

from hubao.desk.core.metrics import counter
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.policies.rules import Purpose

SHOWN: Final = "shown"
SLOWED: Final = "policies.slowed"
REVEALS: Final = counter(
    "hubao_reveals_total",
    "Fields asked for, by purpose, and as outcome shown or the code of the refusal.",
    "purpose",
    "outcome",
    known=[(purpose, outcome) for purpose in Purpose for outcome in (SHOWN, NotWritten.code)],
)
SEARCHES: Final = counter(
    "hubao_searches_total",
    "Searches, by outcome: shown, also if nothing was found, or the code of the refusal.",
    "outcome",
    known=[(SHOWN,), (SLOWED,)],
)
