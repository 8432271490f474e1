from datetime import date

import numpy as np
import pytest

from hubao.world.households import ages_on
from hubao.world.insurer import make_world
from hubao.world.model import AGE_BANDS, Channel, Family, Product, Role, Scale, World


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Scale(100_000))


def share(values: np.ndarray[tuple[int], np.dtype[np.int64]], kinds: int) -> list[float]:
    return list(np.bincount(values, minlength=kinds) / len(values))


def test_products_and_channels_come_in_the_family_s_shares(world: World) -> None:
    book, family = world.book, world.family

    assert share(book.product, len(Product)) == pytest.approx(family.products, abs=0.01)
    assert share(book.channel, len(Channel)) == pytest.approx(family.channels, abs=0.01)


def test_a_product_without_a_share_is_never_sold() -> None:
    family = Family(products=(0.0, 0.6, 0.4, 0.0, 0.0), channels=(0.5, 0.5, 0.0, 0.0))

    book = make_world(Scale(5_000), family).book

    assert set(book.product.tolist()) == {Product.ENDOWMENT, Product.UNIVERSAL}
    assert set(book.channel.tolist()) == {Channel.AGENT, Channel.BANK}


def test_older_holders_have_more_annuities_and_fewer_term_policies(world: World) -> None:
    young, old = world.book.age_band == 0, world.book.age_band == 3

    for product, more in ((Product.ANNUITY, old), (Product.UNIVERSAL, old), (Product.TERM, young)):
        less = young if more is old else old
        kind = world.book.product == product
        assert kind[more].mean() > 1.5 * kind[less].mean()


def test_holders_are_adults_of_all_ages(world: World) -> None:
    ages = ages_on(world.customers.born, world.scale.start)

    assert ages.min() >= 18
    assert ages.max() <= 90
    assert ((ages >= 30) & (ages <= 55)).mean() > 0.6
    assert (ages >= 60).mean() == pytest.approx(0.18, abs=0.015)
    bands = np.digitize(ages, (40, 50, 60))[world.book.customer]
    assert (bands == world.book.age_band).all()
    assert bands.max() < len(AGE_BANDS)


def test_nobody_buys_under_age(world: World) -> None:
    born = world.customers.born[world.book.customer]

    issued = np.datetime64(world.scale.start) + world.book.issued

    assert ((issued - born).astype(int) >= 18 * 365.24).all()


def test_ages_count_completed_years() -> None:
    born = np.array(["2000-03-01", "2000-02-28", "2000-02-29", "1999-12-31"], dtype="M8[D]")

    ages = ages_on(born, date(2023, 2, 28))

    assert ages.tolist() == [22, 23, 22, 23]


def test_holders_have_some_policies_and_homes_some_holders(world: World) -> None:
    policies = np.bincount(world.book.customer)
    members = np.bincount(world.customers.household)

    assert policies.mean() == pytest.approx(1.35, abs=0.02)
    assert (policies.min(), policies.max()) == (1, 6)
    assert members.mean() == pytest.approx(1.6, abs=0.03)


def test_new_business_comes_evenly_at_eight_per_cent_a_year(world: World) -> None:
    issued = world.book.issued
    first = (issued < 0).sum()

    yearly = [((issued >= d) & (issued < d + 365)).sum() / first for d in (0, 365, 730)]

    assert issued.min() >= -12 * 365
    assert yearly == pytest.approx([0.08] * 3, abs=0.006)


def test_portfolios_are_heavy_tailed(world: World) -> None:
    book, staff = world.book, world.staff
    sizes = np.bincount(book.agent[book.agent >= 0], minlength=len(staff.role))
    sizes = np.sort(sizes[staff.working(0) & (staff.role == Role.AGENT)])

    top = sizes[-len(sizes) // 10 :].sum() / sizes.sum()

    assert 0.25 < top < 0.5
    assert sizes.mean() > 1.2 * np.median(sizes)


def test_policies_are_handled_once_on_average_and_some_far_more_often(world: World) -> None:
    busy = world.book.busy

    assert busy.mean() == pytest.approx(1, abs=0.02)
    assert busy.var() == pytest.approx(1 / world.family.frailty_shape, rel=0.05)


def test_cash_values_grow_as_savings_products_do(world: World) -> None:
    book = world.book
    years = (world.days - 1 - book.issued) / 365.2425
    paid = book.premium * np.minimum(np.floor(years) + 1, 10)
    saves = book.product != Product.TERM
    part = book.cash_value / paid

    for low, high, least, most in ((0.9, 1.1, 0.05, 0.5), (4.8, 5.2, 0.5, 0.95), (10, 15, 1, 1.5)):
        now = saves & (years >= low) & (years <= high)
        assert least <= part[now].min() < part[now].max() <= most
    assert (book.cash_value[~saves] == 0).all()


def test_premiums_have_the_medians_of_their_products(world: World) -> None:
    book = world.book

    medians = [np.median(book.premium[book.product == p]) / 100 for p in Product]

    assert medians == pytest.approx([2_000, 6_000, 8_000, 10_000, 10_000], rel=0.05)
    assert (book.premium % 1_000 == 0).all()
