"""What a webhook says, its signature, and the schedule; the page of the docs says the same."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.desk.people.webhooks.rules import (
    TRIES,
    Fault,
    NotForOutside,
    body_of,
    checked_topics,
    fault_of,
    headers_of,
    new_secret,
    wait_after,
)
from hubao.kit.errors import BadInput

NOON = datetime(2026, 11, 26, 4, 0, 0, 123_456, tzinfo=UTC)
PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "webhooks.md"


class TestHeaders:
    def test_are_those_of_the_vector_that_the_standards_libraries_are_tested_with(self) -> None:
        # github.com/standard-webhooks/standard-webhooks, tests of its libraries.
        sent = datetime.fromtimestamp(1614265330, UTC)

        made = headers_of(
            number="msg_p5jXN8AQM9LWM0D4loKWxJek",
            at=sent,
            body=b'{"test": 2432232314}',
            keys=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        )

        assert made == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_hold_a_signature_for_each_secret(self) -> None:
        keys = [new_secret(), new_secret()]

        made = headers_of(number="a1", at=NOON, body=b"{}", keys=keys)

        alone = [headers_of(number="a1", at=NOON, body=b"{}", keys=[one]) for one in keys]
        assert made["webhook-signature"].split() == [one["webhook-signature"] for one in alone]


class TestBody:
    def test_tells_the_type_the_time_and_the_facts(self) -> None:
        body = body_of(topic="person.left", at=NOON, facts={"party": "E0001", "records": 3})

        assert json.loads(body) == {
            "type": "person.left",
            "timestamp": "2026-11-26T04:00:00.123Z",
            "data": {"party": "E0001", "records": 3},
        }

    @pytest.mark.parametrize("fact", ["欧阳测试", "Li Si", "15400001234", 15400001234, ""])
    def test_refuses_names_and_numbers_of_people(self, fact: str | int) -> None:
        with pytest.raises(NotForOutside) as refused:
            body_of(topic="person.left", at=NOON, facts={"party": fact})

        assert not str(fact) or str(fact) not in refused.value.message


class TestTopics:
    def test_are_in_order_and_once_each(self) -> None:
        wanted = ["person.left", "access.alert", "person.left"]

        assert checked_topics(wanted) == ["access.alert", "person.left"]

    @pytest.mark.parametrize("topics", [[], ["person.left", "everything"], ["webhook.test"]])
    def test_must_be_known(self, topics: list[str]) -> None:
        with pytest.raises(BadInput, match=r"webhook\.failing"):
            checked_topics(topics)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(200, None), (204, None), (299, None), (301, Fault.REDIRECT), (308, Fault.REDIRECT),
     (410, Fault.GONE), (400, Fault.STATUS), (429, Fault.STATUS), (503, Fault.STATUS),
     (101, Fault.STATUS)],
)  # fmt: skip
def test_only_a_status_of_200_to_299_is_success(status: int, fault: Fault | None) -> None:
    assert fault_of(status) is fault


class TestWaits:
    @given(st.integers(1, TRIES - 1), st.floats(0, 1))
    def test_are_shorter_or_longer_by_chance_by_a_tenth_at_most(
        self, tries: int, chance: float
    ) -> None:
        middle, drawn = wait_after(tries, chance=0.5), wait_after(tries, chance=chance)

        assert middle
        assert drawn
        assert 0.9 - 1e-6 <= drawn / middle <= 1.1 + 1e-6

    def test_grow_fourfold_and_add_up_to_about_three_days(self) -> None:
        waits = [wait_after(tries, chance=0.5) or timedelta() for tries in range(1, TRIES)]

        assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)]
        assert waits == sorted(waits)
        assert timedelta(hours=70) < sum(waits, timedelta()) < timedelta(hours=74)

    def test_end_with_the_last_try(self) -> None:
        assert wait_after(TRIES, chance=0.5) is None
        assert wait_after(TRIES + 1, chance=0.5) is None

    def test_are_those_of_the_page(self) -> None:
        waits = [wait_after(tries, chance=0.5) or timedelta() for tries in range(1, TRIES)]
        since = [timedelta(), *accumulate(waits)]
        rows = re.findall(
            r"^\| (\d+) \| .* \| (\d+):(\d\d):(\d\d) \|$",
            PAGE.read_text(encoding="utf-8"),
            re.MULTILINE,
        )

        told = {
            int(row[0]): timedelta(hours=int(row[1]), minutes=int(row[2]), seconds=int(row[3]))
            for row in rows
        }

        assert told == dict(enumerate(since, start=1))
