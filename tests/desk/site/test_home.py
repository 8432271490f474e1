"""The home page: what each role needs first, its clocks, its charts, and what is wrong."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubao.desk.core.actor import Role
from hubao.desk.core.days import day_of
from hubao.desk.core.models import Item
from hubao.desk.core.wired import wired
from hubao.desk.ledger.counts import count_placed
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.rules import Entered
from hubao.desk.people.queries import units_of
from hubao.desk.policies.models import Alert, BreakGlass, Import, Quota
from hubao.desk.policies.steps import raise_alert
from hubao.desk.site.charts import HEIGHT, chart
from tests.makers.branch import make_place
from tests.makers.desk import append_entries, make_branches, make_item, make_person, make_policy
from tests.makers.signing_in import signed_in, wire

TODAY = day_of(timezone.now())


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


def home(client: Client) -> str:
    return client.get(reverse("home")).content.decode()


def clocks(client: Client) -> dict[str, str]:
    """Number by label."""
    found = re.findall(
        r'<a class="hb-figure[^>]*><b>([^<]*)</b><span>([^<·]*?)(?: · |<)', home(client)
    )
    return {label.strip(): number for number, label in found}


def enter(who: str, times: int, *, days: int = 0, action: str = "policy.open") -> None:
    at = timezone.now() - timedelta(days=days)
    append_entries(Entered(action=action, actor=who, at=at, subject="b1") for _ in range(times))
    sequence_pending()
    count_placed(units=units_of)


class TestClocks:
    def test_count_items_by_age_and_say_what_to_do(self) -> None:
        record = make_policy()
        client = signed_in("li", Role.CLERK)
        for days in (0, 2, 5):
            item = make_item(record)
            opened = timezone.now() - timedelta(days=days, minutes=1)
            Item.objects.filter(id=item).update(opened_at=opened)

        page = home(client)

        assert clocks(client)["我的未结工单"] == "3"
        assert "超过三天 1 件" in page
        assert page.count("打开保单，按客户要求办理，然后办结工单") == 3

    def test_show_what_is_used_of_the_days_limit(self) -> None:
        client = signed_in("li", Role.CLERK)
        Quota.objects.create(actor="li", day=TODAY, tie="outside", used=5)

        assert clocks(client)["今天非本人工单显示字段"] == "5 / 5"
        assert "已达当日上限" in home(client)

    def test_tell_a_supervisor_what_nobody_took_what_is_due_and_what_is_alarming(
        self, tmp_path: Path
    ) -> None:
        make_place("north", tmp_path)
        make_place("south", tmp_path)
        Alert.objects.update(raised_at=timezone.now())
        BreakGlass.objects.update(review_by=timezone.now() + timedelta(hours=2, minutes=1))
        boss = signed_in("boss2", Role.SUPERVISOR)

        found = clocks(boss)

        # Untaken are the item of the place and that of the policyholder's report.
        assert found["本机构无人领取"] == "2"
        assert (found["待复核的紧急查看"], found["待处理预警"]) == ("1", "1")
        assert "2 小时后到期" in home(boss)
        assert "clerk-south" not in home(boss)

    def test_show_a_supervisor_who_comes_near_the_days_limit(self, tmp_path: Path) -> None:
        make_place("north", tmp_path)
        Quota.objects.update(day=TODAY)

        assert "<td>3 / 5</td>" in home(signed_in("boss2", Role.SUPERVISOR))

    def test_tell_compliance_how_old_the_last_head_is(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")

        assert clocks(auditor) == {"距最近一次签发日志头": "–", "距最近一次导入保单": "–"}

    def test_tell_operations_how_old_the_last_import_is(self) -> None:
        Import.objects.create(
            sha256="0", rows=1, added=1, changed=0, same=0, rejected=0,
            began_at=timezone.now(), done_at=timezone.now() - timedelta(hours=40, minutes=1),
        )  # fmt: skip
        client = signed_in("o1", Role.OPERATIONS, unit="HQ")

        assert clocks(client)["距最近一次导入保单"] == "40 小时"
        assert "昨夜未导入" in home(client)

    def test_tell_an_administrator_who_lacks_a_second_factor_or_leaves(self) -> None:
        for party, role in (("li", Role.CLERK), ("a2", Role.ADMIN), ("k1", Role.COMPLIANCE)):
            signed_in(party, role, second_factor=False)
        soon = (timezone.now() + timedelta(days=3)).date().isoformat()
        make_person("wu", unit="north", left=soon)
        admin = signed_in("a1", Role.ADMIN, unit="HQ")

        found = clocks(admin)

        assert (found["可登录但未设第二重验证"], found["一周内离职"]) == ("2", "1")


class TestCharts:
    def numbers(self, client: Client) -> list[list[int]]:
        tables = re.findall(r"<caption>.*?</table>", home(client), re.DOTALL)
        return [[int(one) for one in re.findall(r"<td>(\d+)</td>", table)] for table in tables]

    def test_are_ones_own_the_branchs_or_everybodys(self) -> None:
        make_person("wu", unit="south")
        clerk = signed_in("li", Role.CLERK)
        boss = signed_in("boss", Role.SUPERVISOR)
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")
        make_person("colleague", unit="north-1")
        for who, times in (("li", 2), ("colleague", 3), ("wu", 5)):
            enter(who, times)

        looks = [self.numbers(client)[0] for client in (clerk, boss, auditor)]

        assert [(len(one), one[-1]) for one in looks] == [(14, 2), (14, 5), (14, 10)]

    def test_say_what_they_find(self) -> None:
        clerk = signed_in("li", Role.CLERK)
        for days, times in ((0, 3), (1, 5), (2, 7)):
            enter("li", times, days=days)
        enter("li", 2, days=3, action="denied")

        page = home(clerk)

        assert "今天查看 3 次，平日 6 次" in page
        assert "两周内被拒绝 2 次，今天 0 次" in page
        assert "两周内没有紧急查看" in page

    def test_are_not_for_who_has_to_do_with_no_records(self) -> None:
        assert "<svg" not in home(signed_in("a1", Role.ADMIN, unit="HQ"))

    def test_hold_no_script_and_no_inline_style(self) -> None:
        clerk = signed_in("li", Role.CLERK)

        figures = "".join(re.findall(r"<figure.*?</figure>", home(clerk), re.DOTALL))

        assert figures.count("<svg") == 4
        assert not re.search(r"<script|style=|on[a-z]+=", figures)

    def test_begin_at_zero_and_draw_the_limit(self) -> None:
        day = TODAY
        drawn = chart({day: 2, day - timedelta(days=1): 4}, last=day, days=3, title="", note="",
                      limit=8)  # fmt: skip

        first, second, last = drawn.bars
        assert (first.height, first.y, first.label) == (0, HEIGHT, "")
        assert second.height == 2 * last.height
        assert all(bar.y + bar.height == HEIGHT for bar in drawn.bars)
        assert drawn.limit_y < second.y
        assert (second.label, last.label) == ("4", "2")

    def test_cost_no_more_with_a_longer_ledger(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")
        enter("li", 2)
        home(auditor)

        with CaptureQueriesContext(connection) as few:
            home(auditor)
        for days in range(12):
            enter("li", 300, days=days)
        with CaptureQueriesContext(connection) as many:
            home(auditor)

        assert len(many) == len(few)
        counted = [one["sql"] for one in many if "ledger_count" in one["sql"]]
        assert len(counted) == 1


class TestReads:
    def statements(self, client: Client, table: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            home(client)
        return sum(table in one["sql"] for one in asked)

    def test_the_ledgers_state_once(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")

        assert self.statements(auditor, "FROM ledger_pending") == 1
        assert self.statements(auditor, 'FROM "ledger_mark"') == 1

    def test_alerts_once_and_their_number_once(self) -> None:
        make_person("li", roles=[Role.CLERK])
        with transaction.atomic():
            raise_alert(key="1", why="numbers_in_order", who="li", at=timezone.now())

        boss = signed_in("boss", Role.SUPERVISOR)

        assert self.statements(boss, 'FROM "policies_alert"') == 2
        assert clocks(boss)["待处理预警"] == "1"

    def test_what_is_used_of_the_limit_once_for_the_clock_and_the_chart(self) -> None:
        clerk = signed_in("li", Role.CLERK)
        enter("li", 2)  # counts of the ledger, which come later
        Quota.objects.create(actor="li", day=TODAY, tie="outside", used=4)

        assert self.statements(clerk, 'FROM "policies_quota"') == 1
        assert clocks(clerk)["今天非本人工单显示字段"] == "4 / 5"
        assert "今天非本人工单显示 4 个字段，上限 5 个" in home(clerk)


class TestWrong:
    def test_with_the_ledger_is_told_at_once_also_without_a_worker(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE, unit="HQ")  # its entries are of yesterday

        page = home(auditor)

        assert "后台任务没有运行" in page
        assert "最近两小时没有发布日志头" in page

    def test_refusals_in_the_file_are_told_to_everybody(self) -> None:
        clerk = signed_in("li", Role.CLERK)
        assert "刚才台账无法写入" not in home(clerk)

        wired().spool.write_text("{}\n", encoding="utf-8")

        assert "刚才台账无法写入" in home(clerk)


class TestAlertsPage:
    def test_takes_a_note_and_an_undo(self) -> None:
        make_person("li", roles=[Role.CLERK])
        with transaction.atomic():
            raise_alert(key="1", why="numbers_in_order", who="li", at=timezone.now())
        boss, place = signed_in("boss", Role.SUPERVISOR), reverse("alerts")
        alert = Alert.objects.get().id
        note = "与本人核对：客户一家三口的保单，属正常业务"
        assert "连续查询相邻的保单号" in home(boss)

        short = boss.post(place, {"alert": alert, "note": "好"}, follow=True).content.decode()
        done = boss.post(place, {"alert": alert, "note": note}, follow=True).content.decode()
        undone = boss.post(place, {"alert": alert, "do": "reopen"}, follow=True).content.decode()

        assert "请用 10 至 2,000 个字写明理由" in short
        assert note in done
        assert "没有待处理的预警" in done
        assert "预警已重新打开" in undone
        assert Alert.objects.get().answered_at is None
