"""Who is called, when, what they say of it, and who never says anything.

Callers work the leaked lists and cold-call others meanwhile. Both prefer certain ages and
products (`Campaign.ages`, `products`); cold calls come in a wave over one region (`wave`), drawn
without regard to the source's. All draws are weighted races without replacement, so no policy
is contacted twice, and within a stratum of region, age and product every policy is equally
likely, which is what the tracer assumes.

Hidden targeting breaks that. `Campaign.hidden` = G multiplies the chance of a cold call to
those who hold a trait that no table knows. One innocent employee is drawn, and

- by default half of each stratum (branch, product, age band) holds the trait, and what that
  employee has seen is put ahead of the rest of its stratum with chance a half;
- with `Campaign.aligned` the trait is exactly having been seen by that employee: the worst
  case, where innocence and guilt differ by G alone.

"Seen" is by ordinary work until the first copy is sold (without copies: in the first half of
the world's days), whatever `after` says, so that the trait lasts for a campaign. Where no `Seen`
is given, the policies that the employee serves by the book stand for it.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import gammainc, gammaincinv

from hubao.kit.errors import BadInput
from hubao.world.leaks import Seen
from hubao.world.model import (
    DAY,
    HOUR,
    NEVER,
    NOBODY,
    Bools,
    Campaign,
    Cause,
    Contacts,
    Copy,
    Fields,
    Floats,
    Ints,
    Leak,
    World,
    generator,
)
from hubao.world.races import earliest, race
from hubao.world.telling import lost, media, moments, quoted, reports, stated
from hubao.world.traits import hidden_pull, wave_region

UNREPORTED = 4  # contacts that nobody reports, for each that somebody does
SHAPE = 2.0  # of the gamma of delays: lists are worked for months, slowly at first
COMPANY = 20.0  # how much likelier a policy is called whose household is called already


def draw_contacts(
    world: World,
    leak: Leak,
    campaign: Campaign,
    *,
    seed: int,
    after: int | None = None,
    seen: Seen | None = None,
) -> Contacts:
    """Draw a campaign's contacts: exactly `campaign.reports` reported ones, and the silent ones.

    The reports that are no mistake come from the leak with chance 1 - noise each, from its
    copies by share, as far as these last: a copy whose records are used up is made good with
    cold calls. At most one policy of a household is reported. Four silent contacts go with
    each report (fewer where a copy is used up). Reports may come in after the world's last day,
    contacts don't.

    Args:
        world: the insurer.
        leak: what got out; without copies all contacts are cold calls.
        campaign: how the callers work.
        seed: same arguments, same contacts.
        after: seconds; contacts begin on the day that follows, but none from a copy before it
            is sold. None: when the first copy is sold, or, where nothing got out, the middle
            of the world's days.
        seen: ordinary work, for hidden targeting.

    Raises:
        BadInput: no day is left for contacts, or too few policies for so many reports.
    """
    callers = _callers(world, leak, campaign, seed=seed, after=after, seen=seen)
    rng = generator(seed, "contacts")
    mistakes = int(rng.binomial(campaign.reports, campaign.wrong))
    true = campaign.reports - mistakes
    parts = _from_copies(callers, rng, int(rng.binomial(true, _leaked(leak, campaign))))
    missing = true - sum(int(part.reported.sum()) for part in parts)
    parts.append(_cold(callers, rng, missing, UNREPORTED * missing))
    parts.append(_mistaken(callers, rng, mistakes))
    found = _told(callers, rng, parts)
    if (found.reported < NEVER).sum() < campaign.reports:
        raise BadInput(
            f"This world is too small for {campaign.reports} reports; ask for fewer, "
            "or make it with more policies."
        )
    return found


def next_contacts(
    world: World,
    leak: Leak,
    campaign: Campaign,
    *,
    seed: int,
    count: int,
    exclude: Ints,
    after: int | None = None,
    seen: Seen | None = None,
) -> Contacts:
    """Draw further contacts of the same campaign: same region, same trait, none of `exclude`.

    Args:
        world, leak, campaign, seen: as for `draw_contacts`.
        seed: the one given there; it also gives the wave's region and the trait.
        count: how many; fewer where the book is used up.
        exclude: int (k,), policies that were contacted before.
        after: as for `draw_contacts`; give the last moment known to get later contacts only.

    Returns:
        Contacts, none of them reported.
    """
    callers = _callers(world, leak, campaign, seed=seed, after=after, seen=seen)
    callers.free[exclude] = False
    rng = generator(seed, "next contacts")
    leaked = int(rng.binomial(count, _leaked(leak, campaign)))
    parts = [
        _from_copy(callers, rng, index, 0, int(silent))
        for index, silent in enumerate(_by_share(rng, leak, leaked))
    ]
    parts.append(_cold(callers, rng, 0, count - sum(len(part.policy) for part in parts)))
    return _told(callers, rng, parts)


@dataclass(frozen=True)
class _Callers:
    """What the callers prefer, and whom they have not called yet.

    Attributes:
        taste: float (N,), how likely a policy is to be called, by age band and product.
        cold: float (N,), the same for cold calls: with the wave and the hidden trait.
        household: int (N,). free: bool (N,), not contacted. quiet: bool (households,), no report.
        begin, end: days of contacts, the last exclusive.
    """

    world: World
    leak: Leak
    campaign: Campaign
    taste: Floats
    cold: Floats
    household: Ints
    free: Bools
    quiet: Bools
    begin: int
    end: int
    wave: int
    favoured: int


@dataclass(frozen=True)
class _Part:
    """Contacts of one origin."""

    policy: Ints
    contacted: Ints
    reported: Bools
    origin: int
    quoted: int
    mistaken: bool = False


def _callers(
    world: World,
    leak: Leak,
    campaign: Campaign,
    *,
    seed: int,
    after: int | None,
    seen: Seen | None,
) -> _Callers:
    book, end = world.book, world.days
    sold = min((sold_from(world, copy) for copy in leak.copies), default=end // 2)
    begin = sold if after is None else after // DAY + 1
    begin = max(begin, sold) if leak.copies else begin
    if begin >= end:
        raise BadInput("No day is left for contacts before the world ends; make it longer.")
    household = world.customers.household[book.customer]
    taste = np.asarray(campaign.ages)[book.age_band] * np.asarray(campaign.products)[book.product]
    wave = wave_region(world, campaign, seed=seed)
    region = world.units.branch_region[book.branch]
    favoured, pull = hidden_pull(world, leak, campaign, seed=seed, before=sold, seen=seen)
    return _Callers(
        world, leak, campaign,
        taste=taste,
        cold=taste * np.where(region == wave, campaign.wave, 1.0) * pull,
        household=household,
        free=np.ones(len(household), dtype=bool),
        quiet=np.ones(int(world.customers.household.max()) + 1, dtype=bool),
        begin=begin,
        end=end,
        wave=wave,
        favoured=favoured,
    )  # fmt: skip


def sold_from(world: World, copy: Copy) -> int:
    """Give the first day on which a copy is used: after its last record, and after an exit."""
    left = 0
    if copy.actor != NOBODY and world.staff.notice[copy.actor] * DAY <= copy.last:
        left = int(world.staff.left[copy.actor])
    return max(copy.last // DAY + 1, left)


def _leaked(leak: Leak, campaign: Campaign) -> float:
    return 1 - campaign.noise if leak.copies else 0.0


def _by_share(rng: np.random.Generator, leak: Leak, count: int) -> Ints:
    """int (copies,): how many of the contacts come from each copy."""
    if not leak.copies:
        return np.zeros(0, dtype=np.int64)
    return rng.multinomial(count, [copy.share for copy in leak.copies])


def _from_copies(callers: _Callers, rng: np.random.Generator, reports: int) -> list[_Part]:
    return [
        _from_copy(callers, rng, index, int(count), UNREPORTED * int(count))
        for index, count in enumerate(_by_share(rng, callers.leak, reports))
    ]


def _from_copy(
    callers: _Callers, rng: np.random.Generator, index: int, reports: int, silent: int
) -> _Part:
    copy = callers.leak.copies[index]
    begin = sold_from(callers.world, copy)
    low = max(callers.begin, begin)
    policy, reported = _take(
        callers, rng, copy.policies, callers.taste[copy.policies], reports, silent
    )
    days = _delays(rng, callers, len(policy), low=low - begin, high=callers.end - begin)
    contacted = moments(rng, begin + days)
    return _Part(
        policy,
        _together(callers, policy, contacted, reported, rng),
        reported,
        index,
        exposed(callers.leak, copy),
    )


def _cold(callers: _Callers, rng: np.random.Generator, reports: int, silent: int) -> _Part:
    """Draw cold calls at an even pace over the months in which most of the lists are used."""
    begin, last = callers.begin, max(_last(callers), callers.begin + 1)
    issued = np.maximum(callers.world.book.issued, begin)
    there = np.maximum(last - issued, 0) / (last - begin)  # share of the months it exists
    everyone = np.arange(len(callers.free))
    policy, reported = _take(callers, rng, everyone, callers.cold * there, reports, silent)
    days = issued[policy] + np.floor(rng.random(len(policy)) * (last - issued[policy]))
    contacted = moments(rng, days.astype(np.int64))
    contacted = _together(callers, policy, contacted, reported, rng)
    return _Part(policy, contacted, reported, NOBODY, NOBODY)


def _mistaken(callers: _Callers, rng: np.random.Generator, reports: int) -> _Part:
    """Draw reports of what was no scam: anybody, at any time."""
    everyone, issued = np.arange(len(callers.free)), callers.world.book.issued
    there = (issued <= callers.begin).astype(np.float64)
    policy, reported = _take(callers, rng, everyone, there, reports, 0)
    days = rng.integers(callers.begin, callers.end, size=len(policy))
    return _Part(policy, moments(rng, days), reported, NOBODY, NOBODY, mistaken=True)


def _take(
    callers: _Callers,
    rng: np.random.Generator,
    pool: Ints,
    weights: Floats,
    reports: int,
    silent: int,
) -> tuple[Ints, Bools]:
    """Take policies out of a pool: reports first, then silent ones, of their households mostly.

    Returns:
        int (k,) policies, bool (k,) whether reported; the reports come first.
    """
    household = callers.household[pool]
    arrivals = race(rng, np.where(callers.free[pool], weights, 0.0))
    chosen = _one_a_household(callers, arrivals, household, reports)
    callers.quiet[household[chosen]] = False
    mates = np.zeros(len(callers.quiet), dtype=bool)
    mates[household[chosen]] = True
    arrivals[chosen] = np.inf
    others = earliest(np.where(mates[household], arrivals / COMPANY, arrivals), silent)
    policy = pool[np.concatenate([chosen, others])]
    callers.free[policy] = False
    return policy, np.arange(len(policy)) < len(chosen)


def _one_a_household(callers: _Callers, arrivals: Floats, household: Ints, count: int) -> Ints:
    """Give the places of the first `count` arrivals, of one household each, none with a report."""
    if not count:
        return np.zeros(0, dtype=np.int64)
    waiting = np.where(callers.quiet[household], arrivals, np.inf)
    for some in (2 * count + 50, len(arrivals)):
        places = earliest(waiting, some)
        _, first = np.unique(household[places], return_index=True)
        if len(first) >= count:
            break
    return places[np.sort(first)[:count]]


def _delays(
    rng: np.random.Generator, callers: _Callers, count: int, *, low: int, high: int
) -> Ints:
    """Draw whole days from the first use of a list: gamma, kept within [low, high)."""
    scale = callers.campaign.weeks * 7 / SHAPE
    least, most = gammainc(SHAPE, np.array([low, high]) / scale)
    chances = least + (most - least) * rng.random(count)
    days: Floats = np.floor(gammaincinv(SHAPE, chances) * scale)
    return np.clip(days, low, high - 1).astype(np.int64)


def _last(callers: _Callers) -> int:
    """Give the day by which 95 % of the contacts from the leaks have been made."""
    worked = float(gammaincinv(SHAPE, 0.95)) / SHAPE * callers.campaign.weeks * 7
    begins = [sold_from(callers.world, copy) for copy in callers.leak.copies]
    return min(round(max([callers.begin, *begins]) + worked) + 1, callers.end)


def _together(
    callers: _Callers, policy: Ints, contacted: Ints, reported: Bools, rng: np.random.Generator
) -> Ints:
    """Move silent contacts to the call that somebody of the same household reports."""
    calls = np.full(len(callers.quiet), NOBODY)
    calls[callers.household[policy[reported]]] = contacted[reported]
    same = calls[callers.household[policy]]
    there = callers.world.book.issued[policy] * DAY <= same
    minutes = rng.integers(60, HOUR, size=len(policy))
    return np.where(~reported & (same >= 0) & there, same + minutes, contacted)


def exposed(leak: Leak, copy: Copy) -> Fields:
    """Give the field classes that a copy exposed: those its accesses showed, or all."""
    events = leak.events
    mine = (events.actor == copy.actor) & np.isin(events.cause, (Cause.UNEXPLAINED, Cause.FEED))
    return Fields(int(events.fields[mine.argmax()])) if mine.any() else Fields.C1_C2_C3


def _told(callers: _Callers, rng: np.random.Generator, parts: list[_Part]) -> Contacts:
    """Join the parts in order of time, and add what becomes of each contact."""
    sizes = [len(part.policy) for part in parts]
    contacted = np.concatenate([part.contacted for part in parts])
    reported = reports(rng, contacted, np.concatenate([part.reported for part in parts]))
    mistaken = np.repeat([part.mistaken for part in parts], sizes)
    found = Contacts(
        policy=np.concatenate([part.policy for part in parts]),
        contacted=contacted,
        stated=stated(rng, contacted, reported, callers.campaign.time_error),
        reported=reported,
        origin=np.repeat([part.origin for part in parts], sizes),
        medium=media(rng, len(contacted)),
        quoted=quoted(rng, np.repeat([part.quoted for part in parts], sizes)),
        lost=lost(rng, mistaken),
        mistaken=mistaken,
    )
    order = np.argsort(contacted, kind="stable")
    columns = {field.name: getattr(found, field.name) for field in fields(found)}
    sorted_ = {k: v[order] for k, v in columns.items() if isinstance(v, np.ndarray)}
    return replace(
        found,
        **sorted_,
        wave=callers.wave,
        hidden=callers.campaign.hidden,
        favoured=callers.favoured,
    )
