"""People on the console: lists of one's branch, a person's page, what is ended or given there."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from hubao.desk.core.actor import NotAllowed, Permission, Role
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.people.identity import NotSignedIn
from hubao.desk.people.models import Account, Grant, Token
from hubao.desk.people.operations import (
    NoSuchToken,
    end_sessions,
    issue_token,
    restore_token,
    revoke_token,
)
from hubao.desk.people.queries import NoSuchPerson, actor_of_token
from tests.makers.desk import NOON, actor, make_branches, make_person, said
from tests.makers.signing_in import signed_in, wire

ADMIN = actor("admin", Role.ADMIN, unit="HQ", units=None)
LISTS = {
    "people_party": Permission.READ_PEOPLE,
    "people_grant": Permission.READ_PEOPLE,
    "usersessions_usersession": Permission.END_ACCESS,
    "people_token": Permission.END_ACCESS,
}


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


def listed(client: Client, name: str = "people_party", **told: str) -> list[str]:
    """The ids that a list links to."""
    answer = client.get(reverse(f"admin:{name}_changelist"), told)
    assert answer.status_code == 200, answer.status_code
    return re.findall(r'href="/console/people/([^"]+)/"', answer.content.decode())


def note(party: str, client: Client) -> int:
    """Note a sign-in, as signing in by password does; gives its number."""
    account = Account.objects.get(party=party)
    key = client.session.session_key
    return int(UserSession.objects.create(user=account, session_key=key, ip="::1").pk)


def text(client: Client, party: str) -> str:
    return client.get(reverse("person", args=[party])).content.decode()


class TestLists:
    def test_hold_the_branch_and_no_more(self) -> None:
        make_person("li", unit="north-1", roles=[Role.CLERK])
        make_person("zhao", unit="south", roles=[Role.CLERK])
        boss = signed_in("boss", Role.SUPERVISOR)
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        assert listed(boss) == ["boss", "li"]
        assert listed(boss, "people_grant") == ["boss", "li"]
        assert {"li", "zhao"} <= set(listed(admin))

    def test_are_searched_by_whole_id_or_unit_and_never_by_name(self) -> None:
        make_person("li", unit="north-1")
        make_person("li2", unit="north")
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        assert listed(admin, q="li") == ["li"]
        assert listed(admin, q="north-1") == ["li"]
        assert listed(admin, q="名字li") == []

    def test_are_filtered(self) -> None:
        make_person("clerk", roles=[Role.CLERK])
        make_person("crm", unit="HQ", kind="service")
        soon = (timezone.now() + timedelta(days=9)).date().isoformat()
        make_person("going", notice="2026-01-01", left=soon)
        make_person("gone", left="2026-01-01")
        signed_in("bare", Role.CLERK, second_factor=False)
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        assert listed(admin, employment="on_notice") == ["going"]
        assert listed(admin, employment="left") == ["gone"]
        assert "going" not in listed(admin, employment="hired")
        assert listed(admin, kind="service") == ["crm"]
        assert listed(admin, role="clerk") == ["bare", "clerk"]
        assert listed(admin, factor="no") == ["bare"]
        assert listed(admin, "people_grant", role="admin") == ["admin"]

    def test_are_sorted_and_paged(self) -> None:
        for number in range(60):
            make_person(f"e{number:02d}")
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        assert len(listed(admin)) == 50
        assert len(listed(admin, p="2")) == 11
        assert listed(admin, o="-1")[0] == "e59"

    def test_cost_no_more_queries_with_more_rows(self) -> None:
        admin = signed_in("admin", Role.ADMIN, unit="HQ")
        listed(admin)  # the session's own writes come with the first page
        counts = []
        for first in (0, 20):
            for number in range(first, first + 20):
                make_person(f"e{number:02d}", roles=[Role.CLERK])
            with CaptureQueriesContext(connection) as asked:
                listed(admin)
            counts.append(len(asked))

        assert counts[0] == counts[1]

    def test_of_sign_ins_and_tokens_show_what_is_live(self) -> None:
        make_person("crm", unit="HQ", kind="service")
        issue_token(party="crm", scopes=[Permission.OPEN_ITEMS], actor=ADMIN, at=NOON)
        security = signed_in("x1", Role.SECURITY, unit="HQ")
        note("x1", security)

        assert listed(security, "people_token", state="live") == ["crm"]
        assert listed(security, "people_token", state="revoked") == []
        assert listed(security, "usersessions_usersession") == ["x1"]

    def test_change_nothing_and_have_no_other_address(self) -> None:
        make_person("li")
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        for name in LISTS:
            for what in ("add", "change", "delete", "history"):
                args = [] if what == "add" else ["li"]
                with pytest.raises(NoReverseMatch):
                    reverse(f"admin:{name}_{what}", args=args)
        answer = admin.post(reverse("admin:people_party_changelist"), {"action": "delete_selected",
                            "_selected_action": "li"})  # fmt: skip
        assert answer.status_code in (200, 302)
        assert "li" in listed(admin)

    def test_of_nobody_say_so(self) -> None:
        boss = signed_in("boss", Role.SUPERVISOR)

        answer = boss.get(reverse("admin:people_party_changelist"), {"q": "nobody"})

        assert "没有符合的结果" in answer.content.decode()


class TestPerson:
    def test_shows_a_branchs_own_and_hides_others(self) -> None:
        make_person("li", unit="north-1", roles=[Role.CLERK])
        make_person("zhao", unit="south")
        boss = signed_in("boss", Role.SUPERVISOR)

        assert "名字li" in text(boss, "li")
        assert boss.get(reverse("person", args=["zhao"])).status_code == 404

    def test_shows_sign_ins_only_to_who_may_end_them(self) -> None:
        make_person("li", unit="north")
        boss, security = (
            signed_in("boss", Role.SUPERVISOR),
            signed_in("x1", Role.SECURITY, unit="HQ"),
        )

        assert "结束全部登录" not in text(boss, "li")
        assert "目前没有登录" in text(security, "li")

    def test_tells_what_was_changed_from_the_ledger(self) -> None:
        make_person("li", roles=[Role.CLERK])
        admin = signed_in("admin", Role.ADMIN, unit="HQ")
        told = {"role": ["supervisor"], "why": "cover"}
        admin.post(reverse("person-roles", args=["li"]), told)
        sequence_pending()

        page = text(admin, "li")

        assert "设定岗位 · 代班" in page
        assert page.index("代班") < page.index("新增人员")

    def test_of_an_id_with_a_slash_opens(self) -> None:
        make_person("east/li:1")
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        assert "名字east/li:1" in text(admin, "east/li:1")


class TestRoles:
    def test_are_set_with_a_reason_and_set_back(self) -> None:
        make_person("li", roles=[Role.CLERK])
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        told = {"role": ["caller", "supervisor"], "why": "new_task"}
        page = admin.post(reverse("person-roles", args=["li"]), told, follow=True)
        changed = set(Grant.objects.filter(party="li").values_list("role", flat=True))
        undo = admin.post(reverse("person-undo", args=["li"]), follow=True)

        assert changed == {"caller", "supervisor"}
        assert "您刚刚更改了岗位" in page.content.decode()
        assert list(Grant.objects.filter(party="li").values_list("role", flat=True)) == ["clerk"]
        assert "您刚刚更改了岗位" not in undo.content.decode()
        first, second = said("people.roles", actor="admin")
        assert (first["fact.had"], first["fact.why"]) == (["clerk"], "new_task")
        assert second["fact.why"] == "mistake"

    def test_without_a_reason_stay_as_they_are(self) -> None:
        make_person("li", roles=[Role.CLERK])
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        admin.post(reverse("person-roles", args=["li"]), {"role": ["admin"], "why": ""})
        admin.post(reverse("person-roles", args=["li"]), {"role": ["king"], "why": "cover"})

        assert list(Grant.objects.filter(party="li").values_list("role", flat=True)) == ["clerk"]

    def test_of_oneself_are_not_ones_own_to_change(self) -> None:
        admin = signed_in("admin", Role.ADMIN, unit="HQ")

        told = {"role": ["security"], "why": "new_task"}
        admin.post(reverse("person-roles", args=["admin"]), told)

        assert list(Grant.objects.values_list("role", flat=True)) == ["admin"]
        assert "不能更改自己的岗位" in text(admin, "admin")

    def test_that_somebody_else_changed_since_are_not_undone(self) -> None:
        make_person("li", roles=[Role.CLERK])
        admin = signed_in("admin", Role.ADMIN, unit="HQ")
        other = signed_in("other", Role.ADMIN, unit="HQ")
        place = reverse("person-roles", args=["li"])
        admin.post(place, {"role": ["supervisor"], "why": "cover"})
        other.post(place, {"role": ["caller"], "why": "investigation"})

        page = admin.post(reverse("person-undo", args=["li"]), follow=True).content.decode()

        assert list(Grant.objects.filter(party="li").values_list("role", flat=True)) == ["caller"]
        assert "其他人已更改" in page
        assert len(said("people.roles", subject="li")) == 3

    def test_are_undone_on_that_persons_page_only(self) -> None:
        make_person("li", roles=[Role.CLERK])
        make_person("wu", roles=[Role.CALLER])
        admin = signed_in("admin", Role.ADMIN, unit="HQ")
        told = {"role": ["supervisor"], "why": "cover"}
        admin.post(reverse("person-roles", args=["li"]), told)

        admin.post(reverse("person-undo", args=["wu"]))

        assert list(Grant.objects.filter(party="wu").values_list("role", flat=True)) == ["caller"]


class TestSignIns:
    def test_are_ended_one_by_one_or_all(self) -> None:
        other = signed_in("li", Role.COMPLIANCE, second_factor=False)
        session = note("li", other)
        security = signed_in("x1", Role.SECURITY, unit="HQ")

        security.post(reverse("person-sign-ins", args=["li"]), {"session": session})

        assert other.get(reverse("home")).status_code == 302
        assert said("people.sessions_ended")[0]["fact.sessions"] == 1

    @pytest.mark.parametrize("session", ["abc", "", "-1", "1.5"])
    def test_are_not_all_ended_by_what_is_no_number(self, session: str) -> None:
        note("li", signed_in("li", Role.COMPLIANCE, second_factor=False))
        security = signed_in("x1", Role.SECURITY, unit="HQ")
        place = reverse("person-sign-ins", args=["li"])

        page = security.post(place, {"session": session}, follow=True).content.decode()

        assert UserSession.objects.filter(user__party="li").exists()
        assert "请从列表中选择" in page
        assert not said("people.sessions_ended")

    def test_are_all_ended_where_none_is_named(self) -> None:
        note("li", signed_in("li", Role.COMPLIANCE, second_factor=False))
        security = signed_in("x1", Role.SECURITY, unit="HQ")

        security.post(reverse("person-sign-ins", args=["li"]))

        assert not UserSession.objects.filter(user__party="li").exists()

    def test_of_another_person_are_not_ended_by_their_number(self) -> None:
        make_person("wu")
        session = note("li", signed_in("li", Role.COMPLIANCE, second_factor=False))

        ended = end_sessions(party="wu", actor=ADMIN, at=NOON, session=session)

        assert ended == 0
        assert UserSession.objects.filter(pk=session).exists()


class TestTokens:
    def made(self) -> tuple[str, int]:
        make_person("crm", unit="HQ", kind="service")
        token = issue_token(party="crm", scopes=[Permission.OPEN_ITEMS], actor=ADMIN, at=NOON)
        return token, Token.objects.get().id

    def test_revoked_by_mistake_come_back_within_an_hour(self) -> None:
        token, number = self.made()
        revoke_token(token=number, actor=ADMIN, at=NOON)
        with pytest.raises(NotSignedIn):
            actor_of_token(token=token, at=NOON)

        restore_token(token=number, actor=ADMIN, at=NOON + timedelta(minutes=60))

        assert actor_of_token(token=token, at=NOON).id == "crm"
        actions = [one["action"] for one in said() if "token" in one["action"]]
        assert actions == ["people.token_issued", "people.token_revoked", "people.token_restored"]

    def test_do_not_come_back_later_nor_unless_revoked(self) -> None:
        _, number = self.made()
        with pytest.raises(NoSuchToken):
            restore_token(token=number, actor=ADMIN, at=NOON)
        revoke_token(token=number, actor=ADMIN, at=NOON)

        with pytest.raises(NoSuchToken):
            restore_token(token=number, actor=ADMIN, at=NOON + timedelta(minutes=61))
        with pytest.raises(NoSuchToken):
            revoke_token(token=number, actor=ADMIN, at=NOON)

    def test_do_not_come_back_to_an_account_that_left(self) -> None:
        _, number = self.made()
        revoke_token(token=number, actor=ADMIN, at=NOON)
        make_person("crm", unit="HQ", kind="service", left="2026-11-25")

        with pytest.raises(NoSuchPerson):
            restore_token(token=number, actor=ADMIN, at=NOON)

    def test_are_taken_back_by_administrators_only(self) -> None:
        _, number = self.made()
        security = actor("x1", Role.SECURITY, unit="HQ", units=None)
        revoke_token(token=number, actor=security, at=NOON)

        with pytest.raises(NotAllowed):
            restore_token(token=number, actor=security, at=NOON)

    def test_are_revoked_on_the_accounts_page(self) -> None:
        token, number = self.made()
        admin = signed_in("admin", Role.ADMIN, unit="HQ")
        place = reverse("person-token", args=["crm"])

        page = admin.post(place, {"token": number, "do": "revoke"}, follow=True).content.decode()
        with pytest.raises(NotSignedIn):
            actor_of_token(token=token, at=NOON)
        admin.post(place, {"token": number, "do": "restore"})

        assert "令牌已撤销" in page
        assert actor_of_token(token=token, at=NOON).id == "crm"
