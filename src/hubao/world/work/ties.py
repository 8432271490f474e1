"""What ties policies to each other and to partners: fixed over the years."""

from dataclasses import dataclass

import numpy as np

from hubao.world.model import NOBODY, Channel, Ints, Product, Role, World, generator

NAMESAKES = 4  # people of one name, the right one included


@dataclass(frozen=True)
class Ties:
    """N policies' ties.

    Attributes:
        sibling: int (N,), another policy of the household, in a circle; itself if alone.
        shuffled, place: int (N,), a permutation and its inverse; runs of NAMESAKES share a name.
        partner: int (N,), the bank, broker or TPA that gets the policy in its feeds, or NOBODY.
        by_branch: int (N,), policies by branch. branch_first: int (b + 1,), where each begins.
    """

    sibling: Ints
    shuffled: Ints
    place: Ints
    partner: Ints
    by_branch: Ints
    branch_first: Ints

    def namesake(self, policy: Ints, which: Ints) -> Ints:
        """The which-th (1 to NAMESAKES - 1) other record that a search for this one shows."""
        place = self.place[policy]
        other = place - place % NAMESAKES + (place + which) % NAMESAKES
        return self.shuffled[np.minimum(other, len(self.shuffled) - 1)]

    def in_branch(self, rng: np.random.Generator, branch: Ints) -> Ints:
        """Draw a policy of each of the branches; NOBODY where it keeps none."""
        begin, end = self.branch_first[branch], self.branch_first[branch + 1]
        drawn = self.by_branch[
            np.minimum(rng.integers(begin, np.maximum(end, begin + 1)), len(self.by_branch) - 1)
        ]
        return np.where(end > begin, drawn, NOBODY)


def make_ties(world: World) -> Ties:
    """Draw the ties of a world's policies."""
    rng = generator(world.scale.seed, "work", "ties")
    book, n = world.book, len(world.book.issued)
    shuffled = rng.permutation(n)
    place = np.empty(n, dtype=np.int64)
    place[shuffled] = np.arange(n)
    counts = np.bincount(book.branch, minlength=len(world.units.branch_region))
    return Ties(
        sibling=_siblings(world.customers.household[book.customer]),
        shuffled=shuffled,
        place=place,
        partner=_partners(rng, world),
        by_branch=np.argsort(book.branch, kind="stable"),
        branch_first=np.concatenate(([0], np.cumsum(counts))),
    )


def _siblings(household: Ints) -> Ints:
    order = np.argsort(household, kind="stable")
    begins = np.flatnonzero(np.diff(household[order], prepend=-1))
    following = np.append(order[1:], 0)
    ends = np.append(begins[1:], len(order)) - 1
    following[ends] = order[begins]
    sibling = np.empty_like(order)
    sibling[order] = following
    return sibling


def _partners(rng: np.random.Generator, world: World) -> Ints:
    """Banks and brokers get what they sold; TPAs the term policies, whose claims they handle."""
    book, staff = world.book, world.staff
    partner = np.full(len(book.issued), NOBODY)
    feeds = (
        (Role.TPA, book.product == Product.TERM),
        (Role.BANK, book.channel == Channel.BANK),
        (Role.BROKER, book.channel == Channel.BROKER),
    )
    for role, mask in feeds:
        mine, those = np.flatnonzero(mask), staff.of(role)
        if len(those):
            weight = rng.lognormal(sigma=1.0, size=len(those))
            partner[mine] = rng.choice(those, size=len(mine), p=weight / weight.sum())
    return partner
