"""Whether the people whom the list of exposed policies would warn are those who are called next."""

from dataclasses import dataclass

import numpy as np

from accuracy_oracle import Truth, best_list
from accuracy_tracing import reported
from accuracy_worlds import Site
from hubao.world.model import Campaign, Contacts, Ints, Leak
from hubao.world.scam import next_contacts

LISTED = 0.05  # of the book is warned
NEXT = 1_000  # contacts still to come


@dataclass(frozen=True)
class Drawn:
    """A leak, its campaign and what came of it so far, all of one draw."""

    site: Site
    leak: Leak
    campaign: Campaign
    contacts: Contacts
    true: Truth
    seed: int


def warned(drawn: Drawn, exposed: Ints) -> tuple[float, float]:
    """Put the list to the test.

    Args:
        drawn: the draw.
        exposed: int (k,); the head of the list, none of them known to have been contacted.

    Returns:
        Share of the next contacts that are on the list, and on the best list of that length: the
        one of an oracle who knows every true rate, but no more contacts than were reported.
    """
    contacts = drawn.contacts
    coming = next_contacts(
        drawn.site.insurer,
        drawn.leak,
        drawn.campaign,
        seed=drawn.seed,
        count=NEXT,
        exclude=contacts.policy,
        seen=drawn.site.seen,
    ).policy
    best = best_list(drawn.true, contacts.policy[reported(contacts)], len(exposed))
    return _share(coming, exposed), _share(coming, best)


def _share(coming: Ints, listed: Ints) -> float:
    return float(np.isin(coming, listed).mean()) if len(coming) else 0.0
