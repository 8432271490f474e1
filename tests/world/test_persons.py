from math import gcd

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from hubao.kit import bank_cards, identity_numbers, phones
from hubao.kit.errors import BadInput
from hubao.world.model import Customers, Units
from hubao.world.persons import MOST, SPREADS, persons

UNITS = Units(
    branch_region=np.array([0, 0, 1]),
    team_branch=np.array([0, 1, 2]),
    regions=["北霜", "南屿"],
    branches=["北霜甲部", "北霜乙部", "南屿丙部"],
    teams=["一队", "二队", "三队"],
)
SMALL, LARGE = 3_000, 200_000


def make_customers(count: int) -> Customers:
    """Give customers of few birth dates, so that serials run short."""
    number = np.arange(count)
    return Customers(
        sex=number % 2,
        born=np.datetime64("1950-01-01") + number % 40,
        household=number // 2,
        branch=number // 2 % 3,
    )


@pytest.fixture(scope="module")
def many() -> pa.Table:
    return persons(make_customers(LARGE), UNITS, 7)


@pytest.fixture(scope="module")
def few(many: pa.Table) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = many.take(np.arange(0, LARGE, LARGE // 200)).to_pylist()
    return rows


class TestNumbers:
    @pytest.mark.parametrize("column", ["customer", "identity_number", "phone", "bank_card"])
    def test_are_distinct_among_two_hundred_thousand_customers(
        self, many: pa.Table, column: str
    ) -> None:
        assert pc.count_distinct(many[column]).as_py() == LARGE

    def test_pass_in_the_world(self, few: list[dict[str, str]]) -> None:
        for row in few:
            assert identity_numbers.is_valid(row["identity_number"], world=True)
            assert phones.is_valid(row["phone"], world=True)
            assert bank_cards.is_valid(row["bank_card"], world=True)

    def test_are_refused_outside_the_world(self, few: list[dict[str, str]]) -> None:
        for row in few:
            assert not identity_numbers.is_valid(row["identity_number"])
            assert not phones.is_valid(row["phone"])
            assert not bank_cards.is_valid(row["bank_card"])

    def test_are_refused_by_the_independent_validators(self, few: list[dict[str, str]]) -> None:
        for row in few:
            assert not ric.is_valid(row["identity_number"])
            assert not phonenumbers.is_valid_number(phonenumbers.parse(row["phone"], "CN"))
            assert luhn.is_valid(row["bank_card"])  # right in shape; its issuer is nobody

    def test_agree_with_birth_date_and_sex(self, few: list[dict[str, str]]) -> None:
        for row in few:
            number = row["identity_number"]

            assert number[6:14] == str(row["born"]).replace("-", "")
            assert int(number[16]) % 2 == (row["sex"] == "male")

    @given(st.integers(0, 2**63))
    def test_are_distinct_and_never_issued_whatever_the_seed(self, seed: int) -> None:
        table = persons(make_customers(50), UNITS, seed)

        for column, opening in (
            ("identity_number", "0"),
            ("phone", "154"),
            ("bank_card", "000000"),
        ):
            assert pc.count_distinct(table[column]).as_py() == 50
            assert pc.all(pc.starts_with(table[column], opening)).as_py()

    def test_run_out_only_past_the_stated_number_of_customers(self) -> None:
        endless = np.broadcast_to(np.int64(0), MOST + 1)
        born = np.broadcast_to(np.datetime64("1950-01-01"), MOST + 1)
        full = Customers(endless[:-1], born[:-1], endless[:-1], endless[:-1])

        last = persons(full, UNITS, 7, MOST - 3)

        assert all(ric.compact(number)[0] == "0" for number in last["identity_number"].to_pylist())
        with pytest.raises(BadInput, match="customers at most"):
            persons(Customers(endless, born, endless, endless), UNITS, 7, 0, 3)

    @pytest.mark.parametrize("what", SPREADS)
    def test_stay_distinct_up_to_the_stated_number_of_customers(self, what: str) -> None:
        factor, size = SPREADS[what]

        assert size >= MOST
        assert gcd(factor, size) == 1
        assert MOST * factor + size < 2**63


class TestSlices:
    @settings(max_examples=40)
    @given(first=st.integers(0, SMALL), last=st.integers(0, SMALL))
    def test_give_the_same_customers(self, many: pa.Table, first: int, last: int) -> None:
        part = persons(make_customers(SMALL), UNITS, 7, first, last)

        assert part.equals(many[first : max(first, last)].combine_chunks())

    @pytest.mark.parametrize("first", [65_530, 65_536, 131_071])
    def test_give_the_same_customers_across_blocks(self, many: pa.Table, first: int) -> None:
        part = persons(make_customers(LARGE), UNITS, 7, first, first + 10)

        assert part.equals(many[first : first + 10].combine_chunks())

    def test_do_not_depend_on_how_many_customers_there_are(self, many: pa.Table) -> None:
        part = persons(make_customers(100), UNITS, 7)

        assert part.equals(many[:100].combine_chunks())

    def test_have_the_same_columns_when_empty(self, many: pa.Table) -> None:
        nobody = persons(make_customers(10), UNITS, 7, 5, 5)

        assert nobody.num_rows == 0
        assert nobody.schema.equals(many.schema)


class TestNamesAndAddresses:
    def test_surnames_come_as_often_as_they_are_borne(self, many: pa.Table) -> None:
        surnames = pc.utf8_slice_codeunits(many["name"], 0, 1)

        wang = pc.mean(pc.equal(surnames, "王").cast(pa.float64())).as_py()

        assert pc.count_distinct(surnames).as_py() == 60
        assert wang == pytest.approx(0.092, abs=0.005)  # 7.1 % of the 77 % that are kept

    def test_names_are_two_or_three_characters(self, many: pa.Table) -> None:
        lengths = pc.utf8_length(many["name"])

        assert pc.min_max(lengths).as_py() == {"min": 2, "max": 3}

    def test_a_household_shares_its_address_and_no_other_has_it(self, many: pa.Table) -> None:
        pairs = many.group_by(["household", "address"]).aggregate([])

        assert pairs.num_rows == LARGE // 2
        assert pc.count_distinct(pairs["address"]).as_py() == LARGE // 2

    def test_an_address_begins_with_the_made_up_branch(self, few: list[dict[str, str]]) -> None:
        openings = {row["address"].split(" ")[0] for row in few}

        assert openings == set(UNITS.branches)

    def test_another_seed_gives_other_people(self, many: pa.Table) -> None:
        others = persons(make_customers(LARGE), UNITS, 8, 0, 100)

        for column in ("name", "identity_number", "phone", "address", "bank_card"):
            assert others[column].to_pylist() != many[column][:100].to_pylist()
