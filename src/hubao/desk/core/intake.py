"""Count what other systems' rows became, and how fast a file's came in."""

import time
from typing import Final

from hubao.desk.core.metrics import counter, newest

WHAT: Final = ("policies", "people", "units", "logins")
OUTCOMES: Final = ("added", "changed", "same", "rejected")
ROWS: Final = counter(
    "hubao_import_rows_total",
    "Rows of policies, people, units and logins, by what became of them.",
    "what",
    "outcome",
    known=[(what, outcome) for what in WHAT for outcome in OUTCOMES],
)
PACE: Final = newest(
    "hubao_import_rows_per_second", "Pace of the last file that was taken in.", "what"
)


def count_rows(what: str, **outcomes: int) -> None:
    """Count rows that are committed, by outcome."""
    for outcome, rows in outcomes.items():
        if rows:
            ROWS.labels(what, outcome).inc(rows)


class Pace:
    """How fast a file comes in."""

    def __init__(self, what: str) -> None:
        self._what, self._began = what, time.perf_counter()

    def over(self, rows: int) -> None:
        """Tell that so many rows are in, read or not."""
        if rows:
            PACE.labels(self._what).set(rows / (time.perf_counter() - self._began))
