"""Every sentence of the console is there in Chinese, and compiled."""

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import pytest

import hubao.desk
from hubao.desk.core.told import SENTENCES
from hubao.desk.site.words import ACTION_WORDS
from hubao.kit.errors import HubaoError

sys.path.insert(0, str(Path(__file__).parents[3] / "docs"))
messages = pytest.importorskip("messages")


class TestCatalogue:
    def test_lacks_nothing(self) -> None:
        assert messages.missing() == []

    def test_is_compiled(self) -> None:
        assert messages.PO.with_suffix(".mo").read_bytes() == messages.compiled()


def test_every_failure_that_a_page_can_meet_has_a_sentence() -> None:
    for module in pkgutil.walk_packages(hubao.desk.__path__, "hubao.desk."):
        if ".config." not in module.name:
            importlib.import_module(module.name)
    rooms = ("core", "people", "policies", "feeds", "ledger")
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
        "people.not_proved",
        "people.no_such_endpoint",
        "people.not_for_outside",
        "core.out_of_reach",
        "core.bad_messages",
        "feeds.bad_source",
        "feeds.name_taken",
        "feeds.busy",
        "feeds.too_large",
        "feeds.too_many_waiting",
        "core.key_reused",
        "core.not_sent",
        "core.still_running",
        "ledger.forked",
        "ledger.bad_outside",
        "ledger.no_head_outside",
        "ledger.no_person_keys",
        "ledger.no_segment",
        "ledger.not_owner",
        "ledger.not_sealed",
        "ledger.nothing_archived",
        "ledger.bad_proof",
        "ledger.bad_roots",
        "ledger.bad_stamp",
        "ledger.no_roles",
        "ledger.no_signer",
        "ledger.not_published",
        "ledger.no_such_entry",
        "ledger.not_an_entry",
    }

    assert met - elsewhere - set(SENTENCES) == set()


def _below(error: type[HubaoError]) -> set[type[HubaoError]]:
    return {one for child in error.__subclasses__() for one in {child, *_below(child)}}


def test_every_action_of_the_ledger_has_a_word() -> None:
    desk = Path(__file__).parents[3] / "src" / "hubao" / "desk"
    sources = "".join(path.read_text(encoding="utf-8") for path in desk.rglob("*.py"))
    before = r"(?:action=|action = |_append\(\s*|_write_down\(\s*|TAKEN: Final = |else )"
    written = set(re.findall(rf'{before}"([a-z]+\.[a-z_]+)"', sources))
    shown = {f"policy.{how}" for how in re.findall(r'how="([a-z]+)"', sources)}

    assert {"people.changed", "item.opened", "policy.reveal", "alert.reopened"} <= written
    assert (written | shown) - set(ACTION_WORDS) == set()
