"""Every sentence of the console is there in Chinese, and compiled."""

import sys
from pathlib import Path

import pytest

from hubao.desk.core.told import SENTENCES
from hubao.kit.errors import HubaoError

sys.path.insert(0, str(Path(__file__).parents[3] / "docs"))
messages = pytest.importorskip("messages")


class TestCatalogue:
    def test_lacks_nothing(self) -> None:
        assert messages.missing() == []

    def test_is_compiled(self) -> None:
        assert messages.PO.with_suffix(".mo").read_bytes() == messages.compiled()


def test_every_failure_that_a_page_can_meet_has_a_sentence() -> None:
    rooms = ("core", "people", "policies", "ledger")
    met = {
        error.code
        for error in _below(HubaoError)
        if error.__module__.startswith(tuple(f"hubao.desk.{room}" for room in rooms))
    }
    # What only files, tokens and signers meet is told where they are told.
    elsewhere = {
        "people.bad_row",
        "policies.bad_row",
        "people.not_signed_in",
        "people.no_such_person",
        "ledger.forked",
        "ledger.no_such_entry",
        "ledger.not_an_entry",
    }

    assert met - elsewhere - set(SENTENCES) == set()


def _below(error: type[HubaoError]) -> set[type[HubaoError]]:
    return {one for child in error.__subclasses__() for one in {child, *_below(child)}}
