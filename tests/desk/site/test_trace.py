"""From a look at the console to a named source: nothing between but the desk itself."""

import random
from pathlib import Path

import pytest
from django.urls import reverse

from hubao.desk.core.actor import Role
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.policies.accesses import ACTIONS
from hubao.trace import trace
from tests.makers.desk import make_branches, make_item, make_policy, said
from tests.makers.signing_in import signed_in, wire

CLERKS, RECORDS, SEEN, CALLED = 12, 150, 30, 20


@pytest.mark.usefixtures("database")
def test_the_lake_names_a_leaker_whose_looks_went_through_the_desk(tmp_path: Path) -> None:
    wire(tmp_path)
    make_branches()
    chance = random.Random(7)  # noqa: S311 - no secret
    records = [make_policy() for _ in range(RECORDS)]
    seen = {f"E{n}": chance.sample(records, SEEN) for n in range(CLERKS)}
    for who, some in seen.items():
        browser = signed_in(who, Role.CLERK)
        item = make_item(*some, owner=who)
        for number, record in enumerate(some):
            shown = browser.get(reverse("policy", args=[record]))
            assert shown.status_code == 200
            if number % 3 == 0:
                told = browser.post(
                    reverse("reveal", args=[record]),
                    {"field": "phone", "purpose": "service", "item": item},
                )
                assert told.status_code == 200
    called = chance.sample(seen["E3"], CALLED)
    victims = tmp_path / "victims.csv"
    victims.write_text("policy\n" + "".join(f"{one}\n" for one in called), encoding="utf-8")

    sequence_pending()
    export_to_lake(tmp_path / "lake", actions=ACTIONS)
    report = trace([], lake=tmp_path / "lake", victims=victims)

    assert len(said("policy.open")) == CLERKS * SEEN
    assert report.named == [["E3"]]
