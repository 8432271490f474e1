"""Which records each actor's ordinary work had shown, and when first."""

from dataclasses import dataclass

import numpy as np

from hubao.world.model import Ints


@dataclass(frozen=True)
class Seen:
    """The first sight of each record by each actor, from ordinary work alone.

    Attributes:
        actor, policy: int (p,), ascending by actor, then by policy; each pair once.
        at: int (p,), seconds; when the actor first opened the record.
    """

    actor: Ints
    policy: Ints
    at: Ints

    def of(self, actor: int) -> tuple[Ints, Ints]:
        """Give one actor's records, ascending, and when each was first seen."""
        low, high = np.searchsorted(self.actor, (actor, actor + 1))
        return self.policy[low:high], self.at[low:high]

    def counts(self, actors: int) -> Ints:
        """int (actors,): how many records each of the world's actors saw over all years."""
        return np.diff(np.searchsorted(self.actor, np.arange(actors + 1)))
