"""The spool of refusals: into the ledger once, however often a crash comes in between."""

import json
from pathlib import Path

import pytest

from hubao.desk.ledger.rules import Entered, body_of
from hubao.desk.ledger.spool import take_in_spool
from tests.makers.desk import NOON, said


def body(actor: str = "li") -> str:
    return body_of(Entered(action="denied", actor=actor, at=NOON, subject="b1"))


@pytest.mark.usefixtures("database")
class TestTakeInSpool:
    def test_appends_each_refusal_and_empties_the_file(self, tmp_path: Path) -> None:
        spool = tmp_path / "denied.jsonl"
        bodies = [body("li"), body("wu")]
        spool.write_text("\n".join(bodies) + "\n")

        counts = [take_in_spool(spool, by="system:desk", at=NOON) for _ in range(2)]

        assert counts == [2, 0]
        assert said("denied") == [json.loads(one) for one in bodies]
        assert not list(tmp_path.glob("denied*"))

    def test_after_a_crash_before_the_file_was_removed_appends_nothing_twice(
        self, tmp_path: Path
    ) -> None:
        spool = tmp_path / "denied.jsonl"
        text = body() + "\n"
        spool.write_text(text)
        take_in_spool(spool, by="system:desk", at=NOON)
        (tmp_path / "denied.jsonl.taking").write_text(text)  # as if it had crashed here

        take_in_spool(spool, by="system:desk", at=NOON)

        assert len(said("denied")) == 1

    def test_counts_a_line_that_was_cut_off(self, tmp_path: Path) -> None:
        spool = tmp_path / "denied.jsonl"
        spool.write_text(body() + "\n" + body()[:40])

        take_in_spool(spool, by="system:desk", at=NOON)

        assert [one["fact.torn"] for one in said("ledger.spool_taken")] == [1]
