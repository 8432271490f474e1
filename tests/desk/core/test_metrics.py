"""Metrics: counted by outcome, told as Prometheus reads them, and never by what somebody typed."""

from collections.abc import Callable
from enum import StrEnum

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hubao.desk.core.metric_page import text
from hubao.desk.core.metrics import DECLARED, Kind, Read, counted, counter, reading
from hubao.kit.errors import BadInput

CALLS = counter("hubao_test_calls_total", "Made for this test.", "colour", "outcome")
FIRST = counter("hubao_test_first_total", "The same.", "outcome", known=[("done",)])
AGE = reading("hubao_test_age_seconds", "The same.", "topic")
EVER = reading("hubao_test_ever_total", "The same.", kind=Kind.COUNTER)


class Colour(StrEnum):
    RED = "red"


@pytest.fixture(autouse=True)
def _of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in DECLARED if name.startswith("hubao_test_")]:
        monkeypatch.delitem(DECLARED, name)


@counted(CALLS, "colour", done="done")
def call(*, colour: object, do: Callable[[], int]) -> int:
    del colour
    return do()


def told(*reads: Read) -> dict[tuple[str, ...], float]:
    """What the page says, by name and labels' values."""
    families = text_string_to_metric_families(text(reads).decode())
    return {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }


def risen(before: dict[tuple[str, ...], float], *key: str) -> float:
    return told().get(key, 0) - before.get(key, 0)


class TestCounted:
    def test_counts_what_went_well_under_the_word_for_it(self) -> None:
        before = told()

        assert call(colour=Colour.RED, do=lambda: 7) == 7

        assert risen(before, "hubao_test_calls_total", "red", "done") == 1

    def test_counts_a_refusal_by_its_code_and_lets_it_pass(self) -> None:
        before = told()

        def refuse() -> int:
            raise BadInput("no")

        with pytest.raises(BadInput):
            call(colour=Colour.RED, do=refuse)

        assert risen(before, "hubao_test_calls_total", "red", "input.bad") == 1

    def test_counts_a_fault_of_ours_as_one(self) -> None:
        before = told()

        with pytest.raises(ZeroDivisionError):
            call(colour=Colour.RED, do=lambda: 1 // 0)

        assert risen(before, "hubao_test_calls_total", "red", "fault") == 1

    def test_takes_nothing_for_a_label_that_somebody_may_have_typed(self) -> None:
        before = told()

        call(colour="15400001234", do=lambda: 7)

        assert risen(before, "hubao_test_calls_total", "other", "done") == 1
        assert b"15400001234" not in text([])


class TestText:
    def test_tells_what_is_known_beforehand_as_nought(self) -> None:
        assert told()["hubao_test_first_total", "done"] == 0

    def test_tells_what_was_read_for_it(self) -> None:
        found = told(Read(AGE, 1.5, ("a",)), Read(AGE, 2, ("b",)), Read(EVER, 9))

        assert found["hubao_test_age_seconds", "a"] == 1.5
        assert found["hubao_test_age_seconds", "b"] == 2
        assert found["hubao_test_ever_total",] == 9

    def test_says_nothing_of_the_python_it_runs_on(self) -> None:
        page = text([])

        assert b"python" not in page
        assert b"_created" not in page
