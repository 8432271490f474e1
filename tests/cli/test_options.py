import pytest
import typer

from hubao.cli.options import parse_columns, parse_names


class TestParseColumns:
    def test_reads_headers_that_hold_colons_equals_and_spaces(self) -> None:
        mapped = parse_columns("policy=case_id, actor=org:resource,at=Start = Time")

        assert mapped == {"policy": "case_id", "actor": "org:resource", "at": "Start = Time"}

    def test_is_nothing_when_left_out(self) -> None:
        assert parse_columns(None) is None

    @pytest.mark.parametrize("text", ["", "policy", "policy=", "=case_id", "policy=a,,actor=b"])
    def test_refuses_a_part_without_a_name_or_header(self, text: str) -> None:
        with pytest.raises(typer.BadParameter, match="NAME=HEADER"):
            parse_columns(text)

    def test_refuses_a_name_given_twice(self) -> None:
        with pytest.raises(typer.BadParameter, match="'policy' is given twice"):
            parse_columns("policy=a,policy=b")


class TestParseNames:
    def test_splits_at_commas(self) -> None:
        assert parse_names("branch, age band") == ["branch", "age band"]

    @pytest.mark.parametrize("text", ["", "branch,", "branch,branch"])
    def test_refuses_empty_or_repeated_names(self, text: str) -> None:
        with pytest.raises(typer.BadParameter, match="different names"):
            parse_names(text)
