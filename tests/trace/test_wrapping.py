"""Lines and names cut to a number of cells."""

from hypothesis import given
from hypothesis import strategies as st

from hubao.trace.wrapping import cells, shortened, wrapped

TEXT = st.text(st.sampled_from("ab ，。（）王小明-·\u0301"), max_size=60)


def test_chinese_takes_two_cells_and_a_combining_mark_none() -> None:
    assert cells("王a") == 3
    assert cells("e\u0301") == 1


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("partner-feed-export-0042", 12) == "partn…t-0042"
    assert shortened("agent-1", 12) == "agent-1"


@given(TEXT, st.integers(min_value=3, max_value=30))
def test_a_shortened_name_fits(text: str, limit: int) -> None:
    assert cells(shortened(text, limit)) <= limit


@given(TEXT, st.integers(min_value=8, max_value=30))
def test_wrapping_loses_nothing_but_spaces_and_fits(text: str, limit: int) -> None:
    lines = wrapped(text, limit)

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= limit for line in lines)


def test_no_line_starts_with_a_full_stop() -> None:
    lines = wrapped("让当事人看到并作答。", 18)

    assert lines == ["让当事人看到并作", "答。"]


def test_english_breaks_between_words() -> None:
    assert wrapped("the source of the records", 14) == ["the source of", "the records"]
