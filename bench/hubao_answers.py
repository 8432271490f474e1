"""Ask hubao about a list of victims, and put its report in the shape the baselines answer in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

import numpy as np
import numpy.typing as npt

from baselines import Floats
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.reading import Reading, read_access, read_policies, read_victims
from hubao.lake.steps import step
from hubao.trace.reduce import Log as Reducer
from hubao.trace.report import Report, Suspect
from hubao.trace.running import Facts, told
from real_logs import Log

STRATA = """
SELECT placed.stratum, count(*) AS records, count(first_seen.actor) AS seen
FROM placed
LEFT JOIN first_seen ON first_seen.policy = placed.policy AND first_seen.actor = $actor
GROUP BY placed.stratum ORDER BY placed.stratum
"""


@dataclass(frozen=True)
class Answer:
    """What hubao said, by place in `Log.actors`.

    Attributes:
        scores: float (actors,), larger = more suspect; equal only where the evidence is.
        named: groups that can't be told apart, each named as a group.
    """

    scores: Floats
    named: Sequence[frozenset[int]]


@dataclass(frozen=True)
class Tracer:
    """hubao with a log already read and its first accesses found: the same for all its lists.

    Each list then takes every further step, from the victims table to the report.
    """

    log: Log
    reading: Reading
    reducer: Reducer

    @classmethod
    def of(cls, log: Log) -> Self:
        """Read the log's tables into an engine of one thread, kept until the process ends."""
        reading = Reading(DuckDB(threads=1, memory_limit="1GB"))
        read_access(reading, [log.access])
        read_policies(reading, log.policies)
        columns = log.policies.column_names[1:]
        return cls(log, reading, Reducer(reading.engine, columns=columns, asked=None))

    def strata(self, actor: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Records of each stratum that the actor saw, and all, as they were for the last list."""
        rows = self.reading.engine.fetch(step(STRATA), {"actor": actor})
        return rows.column("seen").to_numpy(), rows.column("records").to_numpy()

    def ask(self, victims: npt.NDArray[np.int64], *, alpha: float) -> Answer:
        """Trace one list of victims; `victims` are places in `Log.cases`."""
        read_victims(self.reading, self.log.victims_table(victims))
        rows = self.reading.engine.fetch(step("SELECT * FROM victims"))
        facts = Facts(alpha, "Asia/Shanghai", policies_given=True)
        report = told(self.reducer, rows, facts).report
        place = {actor: i for i, actor in enumerate(self.log.actors)}
        named = [frozenset(place[actor] for actor in group) for group in report.named]
        return Answer(_scores(report, place), named)


def _scores(report: Report, place: dict[str, int]) -> Floats:
    """Number the suspects from the last to the first; 0 for actors that touched no victim."""
    scores = np.zeros(len(place))
    level = len(report.suspects)
    for _, tied in groupby(report.suspects, key=_evidence):
        for suspect in tied:
            scores[place[suspect.actor]] = level
        level -= 1
    return scores


def _evidence(suspect: Suspect) -> tuple[float, float]:
    return suspect.posterior, suspect.log10_e_value
