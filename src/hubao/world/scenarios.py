"""The leaks that can be simulated, under the names that the command line uses."""

from enum import StrEnum


class Scenario(StrEnum):
    """How records got out, if they did.

    BULK_COPY: a current employee copies in one to five evenings.
    SLOW_DRIP: a current employee copies some twenty a day for two months or more.
    DESK_ONLY: a current employee sells what came over the desk; no access is out of place.
    LEAVER: copied in the notice period; contacts start after the last day.
    PARTNER_EXPORT: a partner's batch of 0.5 to 20 % of the book gets out.
    SCRAPE: a partner's or a system's account is abused to read the book in the order of its ids.
    RING: two leavers and two employees; 40, 30, 20 and 10 % of the contacts.
    RING_EQUAL: the same with equal shares.
    TWO_LEAKS: a current employee and a leaver who have nothing to do with each other.
    OUTSIDE: the records come from no actor of the log.
    TEAM_50, TEAM_90: a bulk copy whose list 3 to 7 colleagues have seen half, or 90 %, of at work.
    NONE: nothing got out; every contact is a cold call.
    """

    BULK_COPY = "bulk-copy"
    SLOW_DRIP = "slow-drip"
    DESK_ONLY = "desk-only"
    LEAVER = "leaver"
    PARTNER_EXPORT = "partner-export"
    SCRAPE = "scrape"
    RING = "ring"
    RING_EQUAL = "ring-equal"
    TWO_LEAKS = "two-leaks"
    OUTSIDE = "outside"
    TEAM_50 = "team-50"
    TEAM_90 = "team-90"
    NONE = "none"
