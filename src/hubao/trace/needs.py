"""How many more victims it would take to name the leading suspect."""

from dataclasses import dataclass

import numpy as np

from hubao.trace import evidence
from hubao.trace.planning import MOST, further_victims
from hubao.trace.reduced import Reduced
from hubao.trace.strong import Strength


@dataclass(frozen=True)
class Needs:
    """The leading suspect, and what it would take.

    Attributes:
        reduced: n victims, m actors.
        lead: the suspect's column.
        share: its expected share of the victims.
        bound: natural log of the evidence it must reach.
    """

    reduced: Reduced
    lead: int
    share: float
    bound: float

    def at(self, targeting: float) -> int | None:
        """Further victims to reach the bound against chance, if targeting is that strong.

        0 where it is reached; None where no number up to a million would do.
        """
        columns = np.array([self.lead])
        touched = self.reduced.touched_by(columns)
        share = evidence.under_targeting(self.reduced.share_of(columns), targeting)
        now = float(evidence.evidence_curve(touched, share)[-1, 0])
        exposure = float(share.mean())
        return further_victims(max(self.bound - now, 0.0), exposure, self.share)

    def to_name(self, strong: Strength | None, alpha: float) -> int | None:
        """Further victims to name it: against chance, then against its nearest rival."""
        against_chance = self.at(1.0)
        if strong is None:
            return against_chance
        # The lead over the best rival grows in step with the victims.
        short = float(np.log(1.0 / alpha)) - strong.log_e
        ahead = strong.ahead / self.reduced.victims
        if against_chance is None or ahead * MOST <= max(short, 1e-6):
            return None
        return max(against_chance, int(np.ceil(short / ahead)), 1)
