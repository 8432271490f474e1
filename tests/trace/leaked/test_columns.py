import pyarrow as pa
import pytest
from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import named
from hubao.trace.leaked.columns import alike, columns_of, meaning


def folded(*cells: str | None) -> list[str | None]:
    with DuckDB() as engine:
        engine.load("cells", pa.table({"n": range(len(cells)), "cell": pa.array(cells)}))
        syntax = exp.alias_(alike(exp.column("cell", quoted=True)), "folded")
        query = exp.select(syntax).from_(named("cells")).order_by("n")
        found: list[str | None] = engine.fetch(query).column("folded").to_pylist()
    return found


class TestMeaning:
    @pytest.mark.parametrize(
        ("header", "name"),
        [
            ("手机号", "phone"),
            ("Phone Number", "phone"),
            ("ID_Number", "identity_number"),
            ("客户姓名", "name"),
            ("policy_id", "policy"),
            ("favourite colour", "favouritecolour"),
        ],
    )
    def test_knows_the_usual_headers(self, header: str, name: str) -> None:
        assert meaning(header) == name


class TestColumnsOf:
    def test_pairs_headers_that_mean_the_same(self) -> None:
        found = columns_of(["姓名", "tel", "note"], ["policy", "name", "phone", "branch"])

        assert [one.policies for one in found] == ["name", "phone", None]
        assert [one.cell for one in found] == ["c0", "c1", "c2"]

    def test_pairs_a_column_only_once(self) -> None:
        found = columns_of(["phone", "mobile"], ["policy", "phone"])

        assert [one.policies for one in found] == ["phone", None]

    def test_lets_the_user_say_it_first(self) -> None:
        found = columns_of(["phone", "contact"], ["policy", "phone"], {"phone": "contact"})

        assert [one.policies for one in found] == [None, "phone"]

    @pytest.mark.parametrize("asked", [{"phone": "gone"}, {"gone": "phone"}])
    def test_says_which_header_is_missing(self, asked: dict[str, str]) -> None:
        with pytest.raises(BadInput, match="'gone'"):
            columns_of(["phone"], ["policy", "phone"], asked)


class TestAlike:
    def test_folds_width_case_and_spacing(self) -> None:
        assert folded("ＮＡＭＥ　１２", "name 12", "Na me-12") == ["name12"] * 3

    def test_folds_ways_to_write_a_day_and_a_number(self) -> None:
        days = folded("1980/3/1", "1980-03-01", "1980年3月1日", "1980-03-01 00:00:00")
        numbers = folded("12,000.50", "12000.5")

        assert set(days) == {"19800301"}
        assert len(set(numbers)) == 1

    def test_drops_what_a_spreadsheet_puts_round_a_number(self) -> None:
        assert folded('="00012345678"', "'00012345678", "00012345678.0") == ["00012345678"] * 3

    def test_reads_the_ways_to_write_nothing_as_nothing(self) -> None:
        assert folded("NULL", "n/a", "\\N", "  ", "无", "-", None) == [None] * 7

    def test_keeps_different_values_apart(self) -> None:
        assert len(set(folded("road 1 house 12", "road 11 house 2x", "12.5", "125.1"))) == 4
