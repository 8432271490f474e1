"""One-time codes: five tries, once, ten minutes, whatever races; kept as a hash alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import perf_counter

import pytest
from django.db import connection

from hubao.desk.core.messages.sending import forget_sent
from hubao.desk.core.models import Delivery, Outbox
from hubao.desk.policies.holder.operations import (
    NoCode,
    NoVisit,
    WrongCode,
    enter_view,
    forget_codes,
    leave,
    visit_of,
)
from hubao.desk.policies.holder.rules import (
    ASKS_OF_ADDRESS,
    ASKS_OF_NETWORK,
    ASKS_OF_NUMBER,
    CODE_LASTS,
    KEPT,
    TRIES,
    TRIES_OF_ADDRESS,
    VISIT_LASTS,
)
from hubao.desk.policies.holder.steps import TooOften
from hubao.desk.policies.models import HolderCode, HolderCount
from hubao.kit.errors import BadInput
from tests.makers.desk import CLEAR, NOON, make_branches, make_policy, said
from tests.makers.holders import COURIER, ask_for, code_in, come_in, messages, send, try_code

OURS, STRANGE = "PN90000001", "PN90000002"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def record(database: str) -> str:
    del database
    make_branches()
    return make_policy(policy_number=OURS)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


class TestCode:
    def test_lets_in_to_the_one_policy_it_was_asked_for(self, record: str, tmp_path: Path) -> None:
        make_policy()

        visit = come_in(OURS, tmp_path)

        assert (visit.record, visit.ends_at) == (record, NOON + VISIT_LASTS)
        assert visit.actor.own == record

    @pytest.mark.parametrize("typed", ["{0[0]} {0[1]}", "{0[0]}-{0[1]}", " {0[0]}{0[1]}\n"])
    def test_may_be_typed_as_people_do(self, typed: str, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        assert try_code(token, typed.format((code[:4], code[4:])))

    def test_may_be_typed_in_full_width(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        assert try_code(token, code.translate({48 + n: 0xFF10 + n for n in range(10)}))

    def test_counts_once(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])
        fresh = try_code(token, code)

        for kept in (token, fresh):
            with pytest.raises(NoCode):
                try_code(kept, code)

    def test_counts_in_the_browser_that_asked_alone(self, tmp_path: Path) -> None:
        ask_for(OURS)
        send(tmp_path)
        elsewhere = ask_for(OURS)

        with pytest.raises(WrongCode):
            try_code(elsewhere, code_in(messages(tmp_path)[0]))

    def test_ends_after_ten_minutes(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        with pytest.raises(NoCode):
            try_code(token, code, at=NOON + CODE_LASTS)
        assert try_code(token, code, at=NOON + CODE_LASTS - SECOND)

    def test_ends_with_the_fifth_wrong_try_even_for_the_right_one(
        self, record: str, tmp_path: Path
    ) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        left = []
        for _ in range(TRIES - 1):
            with pytest.raises(WrongCode) as refused:
                try_code(token, wrong(code))
            left.append(refused.value.facts["left"])
        for typed in (wrong(code), code):
            with pytest.raises(NoCode):
                try_code(token, typed)

        assert left == [4, 3, 2, 1]
        (entry,) = said("denied")
        assert (entry["subject"], entry["fact.of"]) == (record, "policyholder.entered")

    def test_is_right_on_the_fifth_try_too(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])
        for _ in range(TRIES - 1):
            with pytest.raises(WrongCode):
                try_code(token, wrong(code))

        assert try_code(token, code)
        assert said("denied") == []

    @pytest.mark.parametrize("typed", ["", "1234567", "abcdefgh", "\0"])
    def test_that_is_none_is_a_wrong_one(self, typed: str, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)

        with pytest.raises(WrongCode):
            try_code(token, typed)

    def test_is_kept_as_a_hash_alone(self, tmp_path: Path) -> None:
        ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        (row,) = HolderCode.objects.values()
        kept = repr(row) + repr(list(Outbox.objects.values())) + repr(said())

        assert code not in kept
        assert OURS not in kept

    def test_typed_by_eight_at_once_lets_one_in(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])
        start = Barrier(8)

        def one(_: int) -> str | None:
            start.wait()
            try:
                return try_code(token, code)
            except NoCode:
                return None
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            kept = [one for one in pool.map(one, range(8)) if one]

        assert len(kept) == 1
        assert visit_of(token=kept[0], at=NOON).ends_at == NOON + VISIT_LASTS

    def test_guessed_by_twenty_at_once_is_tried_five_times(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        code = code_in(messages(tmp_path)[0])

        def one(_: int) -> type[Exception] | None:
            try:
                try_code(token, wrong(code))
            except (WrongCode, NoCode) as refused:
                return type(refused)
            finally:
                connection.close()
            return None

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(one, range(20)))

        assert found.count(WrongCode) == TRIES - 1
        assert found.count(NoCode) == 20 - (TRIES - 1)
        assert HolderCode.objects.get().tries == TRIES
        assert len(said("denied")) == 1


class TestVisit:
    def test_ends_by_itself_and_by_leaving(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)
        fresh = try_code(token, code_in(messages(tmp_path)[0]))

        with pytest.raises(NoVisit):
            visit_of(token=fresh, at=NOON + VISIT_LASTS)
        assert visit_of(token=fresh, at=NOON + VISIT_LASTS - SECOND)
        leave(token=fresh, at=NOON)
        with pytest.raises(NoVisit):
            visit_of(token=fresh, at=NOON)

    @pytest.mark.parametrize("token", ["", "x", "\0"])
    def test_is_nobodys_who_shows_nothing(self, token: str) -> None:
        with pytest.raises(NoVisit):
            visit_of(token=token, at=NOON)

    def test_is_not_begun_by_asking(self, tmp_path: Path) -> None:
        token = ask_for(OURS)
        send(tmp_path)

        with pytest.raises(NoVisit):
            visit_of(token=token, at=NOON)

    def test_is_in_the_ledger(self, record: str, tmp_path: Path) -> None:
        enter_view(visit=come_in(OURS, tmp_path), at=NOON)

        (entry,) = said("policyholder.viewed")
        assert (entry["actor"], entry["subject"]) == ("policyholder", record)


class TestStrangers:
    def test_are_sent_nothing_and_never_come_in(self, tmp_path: Path) -> None:
        token = ask_for(STRANGE)

        assert send(tmp_path) == 0
        assert messages(tmp_path) == []
        for number in range(TRIES - 1):
            with pytest.raises(WrongCode):
                try_code(token, f"{number:08d}")

    def test_numbers_of_a_policy_without_a_phone_get_the_same_answer(self, tmp_path: Path) -> None:
        make_policy(policy_number="PN90000003", phone="")

        token = ask_for("PN90000003")

        assert send(tmp_path) == 0
        with pytest.raises(WrongCode):
            try_code(token, "00000000")

    @pytest.mark.parametrize("number", ["", "  - ", "9" * 61, "\0"])
    def test_write_something_that_could_be_a_number(self, number: str) -> None:
        with pytest.raises(BadInput):
            ask_for(number)

    def test_are_counted_without_keeping_their_numbers(self) -> None:
        ask_for(STRANGE)

        kept = repr(list(HolderCount.objects.values())) + repr(list(HolderCode.objects.values()))

        assert STRANGE not in kept
        assert "192.0.2" not in kept


class TestLimits:
    def test_a_policy_is_sent_so_many_codes_and_asking_on_looks_the_same(
        self, tmp_path: Path
    ) -> None:
        most = ASKS_OF_NUMBER[0].most

        tokens = [ask_for(OURS, address=f"192.0.2.{n}") for n in range(most + 3)]
        send(tmp_path)

        assert len(tokens) == len(set(tokens)) == most + 3
        assert len(messages(tmp_path)) == most

    def test_a_policy_is_sent_no_more_than_a_days_codes(self, tmp_path: Path) -> None:
        for half_hours in range(12):
            at = NOON.replace(hour=0) + half_hours * ASKS_OF_NUMBER[0].span
            ask_for(OURS, at=at)
            send(tmp_path, at=at)

        assert len(messages(tmp_path)) == ASKS_OF_NUMBER[1].most

    def test_an_address_may_ask_so_often_whatever_the_numbers(self) -> None:
        for number in range(ASKS_OF_ADDRESS.most):
            ask_for(f"PN8{number:07d}")

        for asked in (OURS, STRANGE):
            with pytest.raises(TooOften) as refused:
                ask_for(asked)
            assert refused.value.facts["minutes"] == 15
        assert ask_for(OURS, address="192.0.2.8")
        assert ask_for(OURS, at=NOON + ASKS_OF_ADDRESS.span)

    def test_an_address_may_try_so_often(self) -> None:
        tokens = [ask_for(STRANGE, address=f"192.0.2.{n}") for n in range(100, 116)]
        tries = 0
        with pytest.raises(TooOften):  # noqa: PT012 - the last of many
            for token in tokens:
                for _ in range(TRIES - 1):
                    with pytest.raises(WrongCode):
                        try_code(token, "00000000")
                    tries += 1

        assert tries == TRIES_OF_ADDRESS.most

    def test_one_home_of_ipv6_is_one_address(self) -> None:
        for number in range(ASKS_OF_ADDRESS.most):
            ask_for(STRANGE, address=f"2001:db8:1:2::{number:x}")

        with pytest.raises(TooOften):
            ask_for(STRANGE, address="2001:db8:1:2:ffff::1")
        assert ask_for(STRANGE, address="2001:db8:1:3::1")

    def test_a_network_may_ask_so_often_whatever_its_addresses(self) -> None:
        for number in range(ASKS_OF_NETWORK.most):
            ask_for(f"PN8{number:07d}", address=f"198.51.100.{number}")

        with pytest.raises(TooOften):
            ask_for(STRANGE, address="198.51.100.255")
        assert ask_for(STRANGE, address="198.51.101.1")

    def test_asks_that_send_nothing_use_up_no_day(self, tmp_path: Path) -> None:
        for number in range(20):  # of which three are within the half hour's limit
            ask_for(OURS, address=f"192.0.2.{number}")
        at = NOON + ASKS_OF_NUMBER[0].span

        for number in range(3):
            ask_for(OURS, address=f"192.0.2.{number}", at=at)
            send(tmp_path, at=at)

        assert len(messages(tmp_path)) == 3

    @pytest.mark.parametrize("long", ["㌀" * 100_000, "1" * 100_000])
    def test_what_is_far_too_long_is_not_looked_at(self, long: str, tmp_path: Path) -> None:
        token = ask_for(OURS)
        began = perf_counter()

        with pytest.raises(BadInput):
            ask_for(long)
        with pytest.raises(WrongCode):
            try_code(token, long)

        assert perf_counter() - began < 1
        assert tmp_path

    def test_racing_asks_are_all_counted(self, tmp_path: Path) -> None:
        def one(number: int) -> None:
            try:
                ask_for(OURS, address=f"192.0.2.{number}")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(16)))
        send(tmp_path)

        assert len(messages(tmp_path)) == ASKS_OF_NUMBER[0].most

    def test_need_no_more_rows_than_slots_and_one_for_the_same(self) -> None:
        for _ in range(3):
            ask_for(STRANGE)
        before = HolderCount.objects.count()
        ask_for(STRANGE, at=NOON + timedelta(days=2))

        assert before == HolderCount.objects.count() == 2 + len(ASKS_OF_NUMBER)


class TestForgetting:
    def test_takes_old_asks_and_their_messages_away(self, tmp_path: Path) -> None:
        for number in (OURS, STRANGE):
            ask_for(number)
        send(tmp_path)
        later = NOON + KEPT + SECOND
        ask_for(OURS, at=later)
        send(tmp_path, at=later)

        counts = forget_codes(at=later), forget_sent(COURIER, before=later - KEPT)

        assert counts == (2, 2)
        assert [HolderCode.objects.count(), Outbox.objects.count()] == [1, 1]
        assert Delivery.objects.count() == 1
        assert CLEAR["phone"] not in repr(list(Outbox.objects.values()))
