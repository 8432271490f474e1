"""A leak traced over what systems handed in: the person is named, whichever login they used."""

import random
from pathlib import Path

import pytest

from hubao.desk.policies.models import Policy
from hubao.desk.policies.numbers import records_or_tokens
from hubao.desk.policies.operations.imports import put_policies
from hubao.trace import trace
from tests.makers.desk import FIELDS, NOON, SYSTEM, make_branches, make_person
from tests.makers.feeds import line, make_logins, make_source, take, write

RECORDS, STAFF, SEEN, CALLED = 600, 12, 60, 30


def login(system: str, person: int, look: int) -> str:
    """The leaker has a second login in the core system, for every other look there."""
    if system == "crm":
        return f"v{person}"
    return "admin3" if person == 3 and look // 2 % 2 else f"u{person}"


@pytest.mark.usefixtures("database")
def test_names_who_leaked_what_two_systems_showed_under_three_logins(tmp_path: Path) -> None:
    make_branches()
    numbers = [f"PN2020{n:08d}" for n in range(RECORDS)]
    put_policies(
        [{"policy_number": one, "unit": "north"} for one in numbers],
        actor=SYSTEM, at=NOON, fields=FIELDS,
    )  # fmt: skip
    for n in range(STAFF):
        make_person(f"E{n}")
    make_logins("core", **{f"u{n}": f"E{n}" for n in range(STAFF)}, admin3="E3")
    make_logins("crm", **{f"v{n}": f"E{n}" for n in range(STAFF)})
    chance = random.Random(7)  # noqa: S311 - no secret
    seen = {n: chance.sample(numbers, SEEN) for n in range(STAFF)}
    for begin, name in enumerate(("core", "crm")):
        place = make_source(tmp_path, name)
        told = [
            line(n * SEEN + k, user=login(name, n, k), policy_no=number)
            for n, some in seen.items() for k, number in enumerate(some) if k % 2 == begin
        ]  # fmt: skip
        write(place / "a.csv", told)
        take(tmp_path, name)
    called = chance.sample(seen[3], CALLED)
    records = records_or_tokens(numbers=called, actor=SYSTEM, fields=FIELDS)
    victims = tmp_path / "victims.csv"
    victims.write_text("policy\n" + "".join(f"{one}\n" for one in records.values()))

    report = trace([], lake=tmp_path / "lake", victims=victims)

    assert report.named == [["E3"]]
    assert Policy.objects.count() == RECORDS
    (leader,) = [one for one in report.suspects if one.actor == "E3"]
    assert leader.victims_touched == CALLED
