"""The policyholder's pages: apart from staff, kept nowhere, and what two tabs make of them."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from hubao.desk.core.actor import Role
from hubao.desk.core.messages.letters import Unset
from hubao.desk.core.messages.sending import send_due
from hubao.desk.core.wired import wired
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.policies.holder.rules import Month, Sort
from hubao.desk.policies.models import HolderCode, Report
from hubao.desk.site.mine.chart import chart
from tests.makers.desk import CLEAR, append_entries, make_branches, make_person, make_policy, said
from tests.makers.holders import COURIER, clock, code_in, messages
from tests.makers.signing_in import browser, signed_in, wire

OURS = "PN90000001"
HOUR = timedelta(hours=1)
TEXT = "有人说是公司的，要我退保"


@pytest.fixture(autouse=True)
def record(database: str, tmp_path: Path) -> str:
    del database
    make_branches()
    wire(tmp_path)
    return make_policy(policy_number=OURS)


def come_in(folder: Path, client: Client | None = None) -> Client:
    """Ask, let the worker send, enter the code."""
    client = client or browser()
    client.post(reverse("mine"), {"number": OURS})
    send_due(COURIER, wired().sender, clock=clock())
    code = code_in(messages(folder / "messages")[-1])
    client.post(reverse("mine-code"), {"code": code})
    return client


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def looked(record: str, times: int = 1, who: str = "li") -> None:
    append_entries(
        Entered(action="policy.open", actor=who, at=clock()(), subject=record) for _ in range(times)
    )
    sequence_pending()


class TestComingIn:
    def test_shows_the_masks_and_no_clear_value(self, record: str, tmp_path: Path) -> None:
        looked(record)

        page = text_of(come_in(tmp_path).get(reverse("mine-looks")))

        assert "154****1234" in page
        assert not any(value in page for value in (*CLEAR.values(), OURS))
        assert len(said("policyholder.viewed")) == 1

    def test_is_needed_for_every_page(self, tmp_path: Path) -> None:
        report = Report(id="f1")
        pages = [reverse(name) for name in ("mine-looks", "mine-object", "mine-call")]
        pages.append(reverse("mine-made", args=[report.id]))
        asked = browser()
        asked.post(reverse("mine"), {"number": OURS})

        for client in (browser(), asked, signed_in("boss", Role.SECURITY)):
            for page in pages:
                assert client.get(page).headers["Location"] == "/mine/?ended=1"
        assert come_in(tmp_path).get(pages[0]).status_code == 200

    def test_shows_nothing_when_the_ledger_can_not_be_written(self, tmp_path: Path) -> None:
        client = come_in(tmp_path)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry RENAME TO gone")

        answer = client.get(reverse("mine-looks"))

        assert answer.status_code == 503
        assert "154****" not in text_of(answer)

    def test_is_no_sign_in_and_a_sign_in_is_none_here(self, tmp_path: Path) -> None:
        staff = signed_in("li", Role.CLERK)

        client = come_in(tmp_path, staff)
        client.post(reverse("mine-leave"))

        assert staff.get(reverse("home")).status_code == 200
        assert come_in(tmp_path).get(reverse("home")).status_code == 302

    def test_keeps_one_cookie_for_these_pages_alone(self, tmp_path: Path) -> None:
        client = browser()
        answer = client.post(reverse("mine"), {"number": OURS})

        (cookie,) = answer.cookies.values()
        assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
            "/mine/", True, "Strict", 600)  # fmt: skip
        before = cookie.value
        come_in(tmp_path, client)
        assert client.cookies["hubao_mine"].value != before

    def test_needs_somebody_to_carry_messages(self) -> None:
        settings.HUBAO = replace(wired(), sender=Unset())

        for answer in (browser().get(reverse("mine")), browser().post(reverse("mine"))):
            assert answer.status_code == 503
            assert "拨打保单上印的电话" in text_of(answer)
        assert not HolderCode.objects.exists()

    @pytest.mark.parametrize("name", ["mine", "mine-code", "mine-looks"])
    def test_pages_load_nothing_from_elsewhere_and_stay_in_no_cache(
        self, name: str, tmp_path: Path
    ) -> None:
        client = come_in(tmp_path)

        answer = client.get(reverse(name))

        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|style=|onclick|https?://", text_of(answer))

    def test_forms_are_not_sent_by_other_sites(self) -> None:
        client = browser(enforce_csrf_checks=True)

        assert client.post(reverse("mine"), {"number": OURS}).status_code == 403
        assert not HolderCode.objects.exists()


class TestTwoTabs:
    def test_share_a_visit_and_its_end(self, tmp_path: Path) -> None:
        client = come_in(tmp_path)
        other = browser()
        other.cookies = client.cookies.copy()  # type: ignore[assignment]

        both = [one.get(reverse("mine-looks")).status_code for one in (client, other)]
        client.post(reverse("mine-leave"))

        assert both == [200, 200]
        assert other.get(reverse("mine-looks")).status_code == 302

    def test_a_code_entered_again_leads_on_where_it_let_in(self, tmp_path: Path) -> None:
        client = come_in(tmp_path)
        code = code_in(messages(tmp_path / "messages")[-1])

        again = client.post(reverse("mine-code"), {"code": code})

        assert again.headers["Location"] == reverse("mine-looks")

    def test_a_code_that_was_used_lets_nobody_else_in(self, tmp_path: Path) -> None:
        asked = browser()
        asked.post(reverse("mine"), {"number": OURS})
        thief = browser()
        thief.cookies = asked.cookies.copy()  # type: ignore[assignment]
        send_due(COURIER, wired().sender, clock=clock())
        code = code_in(messages(tmp_path / "messages")[-1])
        asked.post(reverse("mine-code"), {"code": code})

        answer = thief.post(reverse("mine-code"), {"code": code})

        assert answer.status_code == 409
        assert thief.get(reverse("mine-looks")).status_code == 302


class TestLooks:
    def test_name_the_department_and_nobody(self, record: str, tmp_path: Path) -> None:
        make_person("li")
        looked(record, times=3)

        page = text_of(come_in(tmp_path).get(reverse("mine-looks")))

        assert "North" in page
        assert "这一小时内 3 次" in page
        assert "名字li" not in page

    def test_of_many_are_paged(self, record: str, tmp_path: Path) -> None:
        append_entries(
            Entered(action="policy.open", actor="li", at=clock(from_now=-hours * HOUR)(),
                    subject=record)
            for hours in range(45)
        )  # fmt: skip
        client = come_in(tmp_path)
        sequence_pending()  # and the sending of the code, which makes 46

        pages = [client.get(reverse("mine-looks"), {"page": one}) for one in ("1", "2", "3", "4")]
        odd = [client.get(reverse("mine-looks"), {"page": one}) for one in ("x", "0", "²", "-1")]

        assert [text_of(one).count("<li>") for one in pages] == [20, 20, 6, 0]
        assert all(text_of(one).count("<li>") == 20 for one in odd)

    def test_in_english_hold_no_chinese(self, record: str, tmp_path: Path) -> None:
        make_person("li")
        looked(record)
        client = come_in(tmp_path)
        client.post(reverse("set_language"), {"language": "en", "next": "/mine/looks/"})

        page = text_of(client.get(reverse("mine-looks")))

        assert 'lang="en"' in page
        shown = re.sub(r"甲乙人寿|简体中文|欧\*\*", "", page)
        assert not re.search(r"[一-鿿]", shown)

    def test_messages_come_in_the_language_of_the_page(self, tmp_path: Path) -> None:
        client = browser()
        client.post(reverse("set_language"), {"language": "en", "next": "/mine/"})
        come_in(tmp_path, client)

        assert "Give it to nobody" in messages(tmp_path / "messages")[-1]["text"]


class TestReports:
    def test_give_a_receipt_and_can_be_taken_back(self, record: str, tmp_path: Path) -> None:
        looked(record)
        client = come_in(tmp_path)
        page = text_of(client.get(reverse("mine-object")))
        event = re.search(r'value="(e[0-9a-f]{32})"', page)
        assert event

        made = client.post(reverse("mine-object"), {"look": event[1], "text": ""}, follow=True)
        row = Report.objects.get()
        undone = client.post(reverse("mine-undo", args=[row.id]), follow=True)

        assert row.receipt in text_of(made)
        assert "已撤回" in text_of(undone)
        assert Report.objects.get().withdrawn_at is not None

    def test_without_a_choice_ask_for_one(self, record: str, tmp_path: Path) -> None:
        looked(record)

        answer = come_in(tmp_path).post(reverse("mine-object"), {"text": TEXT})

        assert answer.status_code == 404
        assert TEXT in text_of(answer)  # nothing that was written is lost

    def test_of_anothers_visit_are_not_shown(self, tmp_path: Path) -> None:
        mine = come_in(tmp_path)
        mine.post(reverse("mine-call"), {"text": TEXT})
        report = Report.objects.get()
        Report.objects.update(record="b0")

        assert mine.get(reverse("mine-made", args=[report.id])).status_code == 302
        assert mine.post(reverse("mine-undo", args=[report.id])).status_code == 404

    def test_are_answered_in_the_console(self, tmp_path: Path) -> None:
        client = come_in(tmp_path)
        client.post(reverse("mine-call"), {"text": TEXT})
        row = Report.objects.get()
        guard = signed_in("guard", Role.SECURITY, unit="HQ")
        page = reverse("report", args=[row.id])

        shown = text_of(guard.get(page))
        guard.post(page, {"do": "take", "item": row.item})
        guard.post(page, {"finding": "rubbish", "text": "经核实，不是我们公司的人。"})
        assert Report.objects.get().answered_at is None
        guard.post(page, {"finding": "not_us", "text": "经核实，不是我们公司的人。"})

        assert TEXT in shown
        assert row.receipt in text_of(guard.get(reverse("reports")))
        assert "联系您的不是我们" in text_of(client.get(reverse("mine-looks")))
        assert Report.objects.get().sort == Sort.CALL

    @pytest.mark.parametrize("role", [Role.CLERK, Role.COMPLIANCE, Role.ADMIN])
    def test_are_not_for_other_roles(self, role: Role) -> None:
        client = signed_in("li", role)

        assert client.get(reverse("reports")).status_code == 403
        assert client.get(reverse("report", args=["f1"])).status_code == 403


class TestChart:
    def test_is_drawn_from_zero_to_the_most(self) -> None:
        drawn = chart([Month(2025, 12, 0, 0), Month(2026, 1, 4, 1), Month(2026, 2, 1, 0)])

        heights = [(one.height, one.over_height) for one in drawn.bars]
        unit = (drawn.bottom - drawn.top) / 5
        assert heights == [(0, 0), (round(4 * unit, 2), round(unit, 2)), (round(unit, 2), 0)]
        assert drawn.bars[1].over == drawn.top
        assert drawn.most == 5
        assert drawn.years == [(0.0, "2025"), (113.33, "2026")]

    def test_of_nothing_says_so(self) -> None:
        drawn = chart([Month(2026, 1, 0, 3)])

        assert "没有人" in drawn.title or "Nobody" in drawn.title
