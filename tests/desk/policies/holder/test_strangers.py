"""Nobody learns whether a policy is with us: same statements, same answers, same time."""

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from math import sqrt
from pathlib import Path
from statistics import median
from time import perf_counter, sleep, thread_time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hubao.desk.policies.catalogue import normal
from hubao.desk.policies.holder import operations
from hubao.desk.policies.holder.rules import ASKS_OF_NUMBER, TRIES
from hubao.desk.policies.models import HolderCode, HolderCount
from tests.makers.desk import make_branches, make_policy
from tests.makers.signing_in import browser, wire

OURS, STRANGE = "PN90000001", "PN90000002"
PAIRS = 40
_numbers = count(1)
Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    make_policy(policy_number=OURS)
    wire(tmp_path)


@dataclass
class Statements:
    """Statements as they are sent, without their parameters."""

    sent: list[str] = field(default_factory=list)

    def take(self, execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: ANN401
        self.sent.append(" ".join(sql.split()))
        return execute(sql, params, many, context)


@contextmanager
def statements() -> Iterator[list[str]]:
    found = Statements()
    with connection.execute_wrapper(found.take):
        yield found.sent


def visitor() -> Client:
    """A browser at an address of its own."""
    number = next(_numbers)
    client = browser()
    client.defaults["REMOTE_ADDR"] = f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"
    return client


def ask(client: Client, number: str) -> object:
    answer = client.post(reverse("mine"), {"number": number})
    cookies = {name: dict(morsel) for name, morsel in answer.cookies.items()}
    for morsel in cookies.values():
        morsel.pop("expires")
    return answer.status_code, answer.headers.get("Location"), cookies, answer.content


def guess(client: Client) -> object:
    answer = client.post(reverse("mine-code"), {"code": "00000000"})
    return answer.status_code, answer.content, dict(answer.headers)


class TestStatements:
    def test_of_asking_are_the_same(self) -> None:
        said = {}
        for number in (OURS, STRANGE):
            with statements() as sent:
                ask(visitor(), number)
            said[number] = sent

        assert said[OURS] == said[STRANGE]
        assert sum(one.startswith("INSERT") for one in said[OURS]) == 6

    def test_of_asking_too_often_are_the_same_as_before(self) -> None:
        said = {}
        for number in (OURS, STRANGE):
            for turn in range(ASKS_OF_NUMBER[0].most + 2):
                with statements() as sent:
                    ask(visitor(), number)
                said[number, turn] = sent

        assert all(one == said[OURS, 0] for one in said.values())

    def test_of_every_guess_are_the_same(self) -> None:
        said = dict[str, list[list[str]]]()
        clients = {number: visitor() for number in (OURS, STRANGE)}
        for number, client in clients.items():
            ask(client, number)
            said[number] = []
            for _ in range(TRIES + 2):
                with statements() as sent:
                    guess(client)
                said[number].append(sent)

        assert said[OURS] == said[STRANGE]
        assert any("ledger_entry" in one for one in said[STRANGE][TRIES - 1])


class TestAnswers:
    def test_to_asking_and_to_every_guess_are_the_same(self) -> None:
        answers = {}
        for number in (OURS, STRANGE):
            client = visitor()
            page = client.get(reverse("mine")).content
            answers[number] = [
                page, ask(client, number), client.get(reverse("mine-code")).content,
                *(guess(client) for _ in range(TRIES + 2)),
            ]  # fmt: skip

        assert without_tokens(answers[OURS]) == without_tokens(answers[STRANGE])

    def test_hold_nothing_of_what_was_typed(self) -> None:
        client = visitor()

        asked = client.post(reverse("mine"), {"number": OURS}, follow=True)

        assert OURS not in asked.content.decode()
        assert OURS not in str(asked.redirect_chain)


@dataclass(frozen=True)
class Clock:
    """A way to take the time.

    Attributes:
        read: gives seconds.
        least: seconds of a difference that would tell anything.
        planted: spends a time that must be found.
    """

    read: Callable[[], float]
    least: float
    planted: Callable[[], object]


def spin() -> None:
    """Work for 50 ms: what a machine that others use takes away at times counts as ours."""
    until = thread_time() + 0.05
    while thread_time() < until:
        pass


# What a stranger could measure, on a machine that others use too; and our own work, which is finer.
CLOCKS = [
    pytest.param(Clock(perf_counter, 0.002, lambda: sleep(0.2)), id="wall"),
    pytest.param(Clock(thread_time, 0.0005, spin), id="work"),
]


@pytest.mark.parametrize("clock", CLOCKS)
class TestTime:
    def test_of_asking_tells_nothing(self, clock: Clock) -> None:
        assert not tells_apart(ask, clock)

    def test_of_guessing_tells_nothing(self, clock: Clock) -> None:
        def asked_and_guess(client: Client, number: str) -> None:
            if not client.cookies:
                ask(client, number)
            guess(client)

        assert not tells_apart(asked_and_guess, clock, warm=1)

    def test_would_tell_if_one_sort_took_longer(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(field: str, value: str) -> str:
            if value == OURS:
                clock.planted()
            return normal(field, value)

        monkeypatch.setattr(operations, "normal", slow)

        assert tells_apart(ask, clock)


def tells_apart(do: Callable[[Client, str], object], clock: Clock, *, warm: int = 0) -> bool:
    """Tell whether one of each pair of requests is slower too often to be chance, and by much.

    Which one is slower is a toss of a coin if the time tells nothing, however the machine's load
    changes: four standard deviations of that are allowed.
    """
    slower = []
    for turn in range(PAIRS):
        took = {}
        for number in (OURS, STRANGE) if turn % 2 else (STRANGE, OURS):
            took[number] = timed(do, number, clock, warm=warm)
        slower.append(took[OURS] - took[STRANGE])
    often = abs(sum(one > 0 for one in slower) - PAIRS / 2)
    return often > 4 * sqrt(PAIRS) / 2 and abs(median(slower)) > clock.least


def timed(do: Callable[[Client, str], object], number: str, clock: Clock, *, warm: int) -> float:
    """Take the time of a request, none of which a limit cuts short, and no collector falls into."""
    HolderCount.objects.all().delete()
    client = visitor()
    for _ in range(warm):
        do(client, number)
    gc.collect()
    gc.disable()
    try:
        began = clock.read()
        do(client, number)
        took = clock.read() - began
    finally:
        gc.enable()
    assert (HolderCode.objects.latest("id").record is not None) == (number == OURS)
    return took


def without_tokens(answers: Sequence[object]) -> str:
    text = re.sub(r"csrfmiddlewaretoken\W+value=\W+\w+", "", repr(answers))
    return re.sub(r"'coded_value': '[^']*'", "", text)
