from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubao.kit.errors import BadInput
from hubao.world.insurer import make_world
from hubao.world.model import (
    HEAD_OFFICE,
    NEVER,
    NOBODY,
    Channel,
    Family,
    Product,
    Role,
    Scale,
    World,
)


def shares(kinds: int, least: int = 0) -> st.SearchStrategy[tuple[float, ...]]:
    """Give shares that sum to 1; the first is positive."""
    weights = st.tuples(st.integers(1, 60), *[st.integers(least, 20)] * (kinds - 1))
    return weights.map(lambda drawn: tuple(w / sum(drawn) for w in drawn))


FAMILIES = st.builds(
    Family,
    regions=st.integers(1, 4),
    branches=st.integers(1, 4),
    team_size=st.integers(1, 12),
    roles=shares(len(Role)),
    channels=shares(len(Channel)),
    products=shares(len(Product)),
    agents_leave=st.floats(0, 1.5),
    office_leave=st.floats(0, 0.8),
)
SCALES = st.builds(
    Scale,
    policies=st.integers(200, 1_500),
    years=st.integers(1, 3),
    seed=st.integers(0, 2**40),
    actors=st.none() | st.integers(60, 400),
)


def arrays_of(world: World) -> dict[str, bytes]:
    """Give every array of a world as bytes, by table and column."""
    return {
        f"{name}.{column.name}": np.asarray(getattr(table, column.name)).tobytes()
        for name in ("units", "staff", "customers", "book")
        for table in (getattr(world, name),)
        for column in fields(table)
    }


@given(scale=SCALES, family=FAMILIES)
@settings(max_examples=40)
def test_every_policy_has_an_agent_of_its_branch_who_works_there(
    scale: Scale, family: Family
) -> None:
    world = make_world(scale, family)

    staff, book = world.staff, world.book
    sold = book.channel == Channel.AGENT
    agent, since = book.agent[sold], np.maximum(book.issued[sold], 0)
    assert (book.agent[~sold] == NOBODY).all()
    assert (staff.role[agent] == Role.AGENT).all()
    assert (staff.branch[agent] == book.branch[sold]).all()
    assert (staff.hired[agent] <= since).all()
    assert (since < staff.left[agent]).all()


@given(scale=SCALES, family=FAMILIES)
@settings(max_examples=40)
def test_tables_have_the_lengths_and_ranges_they_promise(scale: Scale, family: Family) -> None:
    world = make_world(scale, family)

    units, staff, customers, book = world.units, world.staff, world.customers, world.book
    people = len(customers.sex)
    assert len(units.branches) == len(units.branch_region) == family.regions * family.branches
    assert len(units.teams) == len(units.team_branch) == len(set(units.teams))
    assert len(staff.role) == (scale.actors or 60)
    for table, rows in ((staff, len(staff.role)), (customers, people), (book, scale.policies)):
        assert {len(getattr(table, column.name)) for column in fields(table)} == {rows}
    assert np.array_equal(np.unique(book.customer), np.arange(people))
    assert (np.diff(book.issued) >= 0).all()
    assert book.issued.max() < world.days
    assert min(book.premium.min(), 1 + book.cash_value.min()) > 0
    assert (customers.household[1:] - customers.household[:-1] <= 1).all()
    same_home = np.diff(customers.household) == 0
    assert (np.diff(customers.branch)[same_home] == 0).all()


@given(scale=SCALES, family=FAMILIES)
@settings(max_examples=40)
def test_people_sit_where_their_role_belongs_and_leave_after_they_came(
    scale: Scale, family: Family
) -> None:
    world = make_world(scale, family)

    staff = world.staff
    sells = np.isin(staff.role, (Role.AGENT, Role.TEAM_LEADER))
    assert ((staff.branch == NOBODY) == np.isin(staff.role, HEAD_OFFICE)).all()
    assert ((staff.team == NOBODY) == ~sells).all()
    assert (world.units.team_branch[staff.team[sells]] == staff.branch[sells]).all()
    assert (staff.hired < staff.notice).all()
    assert ((staff.notice == NEVER) == (staff.left == NEVER)).all()
    assert (staff.notice <= staff.left).all()
    assert (staff.hired < world.days).all()
    moved = staff.moved < NEVER
    assert ((staff.moved_to == NOBODY) == ~moved).all()
    assert (staff.team[moved] != staff.moved_to[moved]).all()
    assert (world.units.team_branch[staff.moved_to[moved]] == staff.branch[moved]).all()
    assert (np.maximum(staff.hired, 0)[moved] < staff.moved[moved]).all()
    assert (staff.moved[moved] < staff.left[moved]).all()
    assert (staff.moved[moved] < world.days).all()


@given(scale=SCALES, family=FAMILIES)
@settings(max_examples=40)
def test_roles_follow_the_family_and_each_with_a_share_has_somebody(
    scale: Scale, family: Family
) -> None:
    world = make_world(scale, family)

    counts = np.bincount(world.staff.role, minlength=len(Role))
    expected = np.asarray(family.roles) * (scale.actors or 60)
    assert ((counts > 0) == (expected > 0)).all()
    assert (counts <= np.maximum(expected, 1) + 1).all()


def test_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = (arrays_of(make_world(Scale(500, seed=seed))) for seed in (7, 7, 8))

    assert first == again
    alike = {name for name in first if first[name] == other[name]}
    assert alike <= {"units.regions", "units.branches", "units.branch_region"}


def test_branches_differ_in_size_and_small_worlds_leave_the_smallest_empty() -> None:
    large, small = make_world(Scale(20_000)), make_world(Scale(200))

    sizes = np.sort(np.bincount(large.book.branch, minlength=24))
    assert 0 < sizes[0] < sizes[-1] / 3
    assert np.count_nonzero(np.bincount(small.book.branch)) == 4


def test_teams_are_about_as_large_as_the_family_says() -> None:
    world = make_world(Scale(60_000), Family(team_size=8))

    working = world.staff.working(0) & (world.staff.team != NOBODY)
    sizes = np.bincount(world.staff.team[working], minlength=len(world.units.teams))
    assert 6 < sizes.mean() < 10


def test_an_insurer_without_agents_sells_through_others() -> None:
    roles = (0.0, *Family().roles[1:-1], Family().roles[-1] + Family().roles[0])

    world = make_world(Scale(300), Family(roles=roles, channels=(0.0, 0.8, 0.1, 0.1)))

    assert (world.book.agent == NOBODY).all()
    assert not len(world.staff.of(Role.AGENT))
    assert np.bincount(world.book.channel, minlength=4)[1:].min() > 0


@pytest.mark.parametrize(
    ("scale", "family", "says"),
    [
        (Scale(199), Family(), "200 policies"),
        (Scale(200, years=0), Family(), "1 year"),
        (Scale(200, start=date(2024, 2, 29)), Family(), "29 February"),
        (Scale(200, actors=59), Family(), "60 actors"),
        (Scale(200), Family(branches=0), "branches"),
        (Scale(200), Family(products=(0.5, 0.5)), "products"),
        (Scale(200), replace(Family(), channels=(0.9, 0.2, 0.0, -0.1)), "channels"),
        (Scale(200), replace(Family(), roles=(0.0,) * 13 + (1.0,)), "roles"),
    ],
)
def test_a_world_that_cannot_be_is_refused(scale: Scale, family: Family, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        make_world(scale, family)
