import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.world.insurer import make_world
from hubao.world.model import MACHINES, NEVER, NOBODY, PARTNERS, Role, Scale, World
from hubao.world.staff import apportion


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Scale(200_000, years=3))


def left_in(world: World, *roles: Role) -> int:
    staff = world.staff
    gone = (staff.left >= 0) & (staff.left < world.days) & np.isin(staff.role, roles)
    return int(gone.sum())


@given(
    total=st.integers(0, 500),
    weights=st.lists(st.floats(0, 10), min_size=1, max_size=20).filter(lambda w: sum(w) > 0.01),
)
def test_apportioning_keeps_the_whole_and_gives_every_share_something(
    total: int, weights: list[float]
) -> None:
    shares = np.asarray(weights)

    given_out = apportion(total, shares)

    positive = shares > 0
    assert given_out.sum() == total
    assert (given_out[~positive] == 0).all()
    assert (given_out[positive] >= (1 if total >= positive.sum() else 0)).all()


def test_apportioning_follows_the_largest_remainder() -> None:
    assert apportion(10, np.array([0.46, 0.33, 0.21])).tolist() == [5, 3, 2]


@pytest.mark.parametrize("role", [Role.AGENT, Role.BACK_OFFICE, Role.CALL_CENTRE, Role.CLAIMS])
def test_about_as_many_work_at_any_time(world: World, role: Role) -> None:
    rows = world.staff.of(role)

    working = np.array([world.staff.working(day)[rows].sum() for day in range(0, world.days, 30)])

    assert working.min() > 0.93 * working.max()


def test_people_leave_at_the_yearly_rates(world: World) -> None:
    staff = world.staff
    for role, rate in ((Role.AGENT, 0.45), (Role.BACK_OFFICE, 0.18), (Role.CALL_CENTRE, 0.18)):
        seats = staff.working(500)[staff.of(role)].sum()

        yearly = left_in(world, role) / seats / world.scale.years

        assert yearly == pytest.approx(rate, rel=0.12)


def test_three_in_ten_new_agents_are_there_after_thirteen_months(world: World) -> None:
    staff = world.staff
    seen = (staff.role == Role.AGENT) & (staff.hired >= 0) & (staff.hired < world.days - 395)

    retained = ((staff.left - staff.hired)[seen] > 395).mean()

    assert retained == pytest.approx(0.30, abs=0.04)


def test_partners_and_machines_never_leave(world: World) -> None:
    rows = world.staff.of(*PARTNERS, *MACHINES)

    assert (world.staff.left[rows] == NEVER).all()
    assert (world.staff.hired[rows] < 0).all()


def test_office_staff_give_a_month_of_notice_and_agents_days(world: World) -> None:
    staff = world.staff
    gone = staff.left < NEVER

    agents, office = (gone & (staff.role == role) for role in (Role.AGENT, Role.BACK_OFFICE))

    assert set((staff.left - staff.notice)[agents].tolist()) <= {3, 4, 5, 6, 7}
    assert set((staff.left - staff.notice)[office].tolist()) == {30}


@pytest.mark.parametrize("years", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_even_the_smallest_world_has_leavers_and_current_staff(years: int, seed: int) -> None:
    world = make_world(Scale(200, years=years, seed=seed))

    office = (Role.BACK_OFFICE, Role.CALL_CENTRE)
    assert left_in(world, Role.AGENT) >= 1
    assert left_in(world, *office) >= 2
    assert world.staff.working(world.days - 1)[world.staff.of(*office)].sum() >= 2


def test_one_branch_merges_two_teams_on_one_day_after_the_first_year(world: World) -> None:
    staff = world.staff

    days, counts = np.unique(staff.moved[staff.moved < NEVER], return_counts=True)
    day = days[np.argmax(counts)]
    together = np.flatnonzero(staff.moved == day)
    closed = np.bincount(staff.team[together]).argmax()

    members = staff.working(int(day)) & (staff.team == closed)
    assert counts.max() >= 4
    assert 365 <= day < world.days
    assert (staff.moved[members] == day).all()
    assert len(np.unique(staff.moved_to[members])) == 1
    assert not (staff.working(int(day)) & (staff.team_on(int(day)) == closed)).any()
    assert (staff.hired[staff.team == closed] < day).all()


def test_a_few_sales_people_a_year_change_team(world: World) -> None:
    staff = world.staff
    _, counts = np.unique(staff.moved[staff.moved < NEVER], return_counts=True)

    alone = counts.sum() - counts.max()
    sellers = (staff.working(500) & (staff.team != NOBODY)).sum()

    assert 0.015 < alone / sellers / world.scale.years < 0.04


def test_a_first_year_sees_no_merger() -> None:
    world = make_world(Scale(20_000, years=1))

    _, counts = np.unique(world.staff.moved[world.staff.moved < NEVER], return_counts=True)
    assert counts.max(initial=0) <= 2
