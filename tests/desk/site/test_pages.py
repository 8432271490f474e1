"""The console's pages: who may open which, what they show, and what they never show."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from hubao.desk.core.actor import Permission, Role
from hubao.desk.core.models import Item
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.people.models import Account, Party
from hubao.desk.policies.models import BreakGlass
from tests.makers.desk import CLEAR, actor, make_branches, make_item, make_policy, said
from tests.makers.signing_in import browser, factor_shown, signed_in, wire

LOOKING = [role for role in Role if actor("x", role).may(Permission.SEARCH)]
BARRED = [role for role in Role if role not in LOOKING]


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


def console_pages(patterns: object, prefix: str = "/") -> Iterator[str]:
    for one in patterns:  # type: ignore[attr-defined]
        place = prefix + re.sub(r"<int:\w+>", "1", re.sub(r"<str:record>", "b0", str(one.pattern)))
        if isinstance(one, URLResolver) and "lists" not in place and "sign-in" not in place:
            yield from console_pages(one.url_patterns, place)
        elif isinstance(one, URLPattern) and place.startswith("/console/"):
            yield place


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


class TestWhoMayOpenWhat:
    def test_nobody_who_is_not_signed_in_opens_anything(self) -> None:
        pages = list(console_pages(get_resolver().url_patterns))

        answers = [browser().get(page) for page in pages]

        assert len(pages) >= 8
        assert all(one.headers["Location"].startswith("/sign-in/login/") for one in answers)

    @pytest.mark.parametrize("role", LOOKING)
    def test_those_who_look_records_up_open_home_work_and_policies(self, role: Role) -> None:
        record = make_policy()
        client = signed_in("li", role)

        pages = [reverse(name) for name in ("home", "items", "policies")]
        pages.append(reverse("policy", args=[record]))

        assert [client.get(page).status_code for page in pages] == [200] * 4

    @pytest.mark.parametrize("role", BARRED)
    def test_those_without_personal_data_open_home_and_no_policy(self, role: Role) -> None:
        record = make_policy()
        client = signed_in("li", role)

        statuses = {
            name: client.get(place).status_code
            for name, place in (
                ("home", reverse("home")),
                ("policies", reverse("policies")),
                ("policy", reverse("policy", args=[record])),
                ("emergencies", reverse("emergencies")),
                ("items", reverse("items")),
            )
        }

        assert statuses == {
            "home": 200,
            "policies": 403,
            "policy": 403,
            "emergencies": 403,
            "items": 403,
        }

    @pytest.mark.parametrize("role", Role)
    def test_the_menu_holds_what_opens(self, role: Role) -> None:
        client = signed_in("li", role)

        home = text_of(client.get(reverse("home")))
        linked = set(re.findall(r'href="(/console/[a-z]*/?)"', home))

        assert all(client.get(place, follow=True).status_code == 200 for place in linked)
        assert (reverse("policies") in linked) == (role in LOOKING)

    def test_a_policy_of_another_branch_is_not_there(self) -> None:
        client = signed_in("li", Role.CLERK)

        answer = client.get(reverse("policy", args=[make_policy(unit="south")]))

        assert answer.status_code == 404


class TestSigningIn:
    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.COMPLIANCE])
    def test_who_reveals_or_administers_sets_up_a_second_factor_first(self, role: Role) -> None:
        client = signed_in("li", role, second_factor=False)

        answer = client.get(reverse("home"))

        assert answer.headers["Location"] == reverse("mfa_activate_totp")

    def test_recovery_codes_are_no_second_factor(self) -> None:
        client = signed_in("li", Role.ADMIN, second_factor=False)
        RecoveryCodes.activate(Account.objects.get())

        assert client.get(reverse("home")).headers["Location"] == reverse("mfa_activate_totp")

    def test_who_only_reads_need_not(self) -> None:
        client = signed_in("li", Role.COMPLIANCE, second_factor=False)

        assert client.get(reverse("home")).status_code == 200

    def test_ends_when_nothing_happened_for_a_while(self) -> None:
        client = signed_in("li", Role.CLERK)
        session = client.session
        session["seen"] = int(timezone.now().timestamp()) - 16 * 60
        session.save()

        answer = client.get(reverse("home"))

        assert answer.headers["Location"] == reverse("account_login")
        assert client.get(reverse("home")).status_code == 302

    def test_ends_at_once_for_who_left(self) -> None:
        client = signed_in("li", Role.CLERK)
        assert client.get(reverse("home")).status_code == 200

        Party.objects.filter(id="li").update(left_at=timezone.now() - timedelta(seconds=1))

        assert client.get(reverse("home")).status_code == 302

    def test_locks_a_name_out_after_five_wrong_passwords(self) -> None:
        signed_in("li", Role.COMPLIANCE)
        account = Account.objects.get()
        account.set_password("the right words")
        account.save()
        client = browser()

        for _ in range(5):
            client.post(reverse("account_login"), {"login": "li", "password": "wrong"})
        client.post(reverse("account_login"), {"login": "li", "password": "the right words"})

        assert "_auth_user_id" not in client.session

    def test_lets_somebody_in_with_the_right_password(self) -> None:
        signed_in("li", Role.COMPLIANCE, second_factor=False)
        account = Account.objects.get()
        account.set_password("the right words")
        account.save()
        client = browser()

        client.post(reverse("account_login"), {"login": "li", "password": "the right words"})

        assert client.get(reverse("home")).status_code == 200

    def test_nobody_signs_up(self) -> None:
        answer = browser().post(
            reverse("account_signup"), {"username": "x", "password1": "a long password"}
        )

        assert not Account.objects.exists()
        assert answer.status_code == 200


class TestFind:
    def test_shows_masks_and_no_clear_value(self) -> None:
        make_policy()
        client = signed_in("li", Role.CLERK)

        page = text_of(client.post(reverse("policies"), {"field": "phone", "value": "15400001234"}))

        assert "154****1234" in page
        assert not any(value in page for value in CLEAR.values())

    def test_takes_nothing_from_the_address(self) -> None:
        make_policy()
        client = signed_in("li", Role.CLERK)

        page = text_of(client.get(reverse("policies"), {"field": "phone", "value": "15400001234"}))

        assert "154****1234" not in page

    def test_says_what_is_missing(self) -> None:
        client = signed_in("li", Role.CLERK)

        answer = client.post(reverse("policies"), {"field": "phone", "value": " "})

        assert answer.status_code == 400
        assert "请检查后重试" in text_of(answer)


class TestReveal:
    def ask(self, client: Client, record: str, item: str, **changes: str) -> tuple[int, object]:
        told = {"field": "phone", "purpose": "service", "item": item} | changes
        answer = client.post(reverse("reveal", args=[record]), told)
        return answer.status_code, answer.json()

    def test_gives_a_field_of_ones_own_work_for_a_minute(self) -> None:
        record = make_policy()
        client = signed_in("li", Role.CLERK)

        code, told = self.ask(client, record, make_item(record))

        assert (code, told) == (200, {"value": CLEAR["phone"], "seconds": 60.0})

    def test_writes_money_as_people_do(self) -> None:
        record = make_policy()
        client = signed_in("li", Role.CLERK)

        _, told = self.ask(client, record, make_item(record), field="cash_value")

        assert told["value"] == "¥98,765.43"  # type: ignore[index]

    def test_outside_own_work_asks_for_the_second_factor_unless_just_shown(self) -> None:
        record = make_policy()
        item = make_item(record, owner="wu")
        client = signed_in("li", Role.CLERK)
        factor_shown(client, ago=360)

        refused, told = self.ask(client, record, item)
        factor_shown(client, ago=10)
        shown, _ = self.ask(client, record, item)

        assert (refused, told["code"], shown) == (403, "policies.step_up", 200)  # type: ignore[index]

    def test_needs_a_purpose(self) -> None:
        record = make_policy()
        client = signed_in("li", Role.CLERK)

        assert self.ask(client, record, make_item(record), purpose="curiosity")[0] == 400

    def test_is_not_asked_for_by_other_sites(self) -> None:
        record = make_policy()
        client = signed_in("li", Role.CLERK, enforce_csrf_checks=True)

        answer = client.post(reverse("reveal", args=[record]), {"field": "phone"})

        assert answer.status_code == 403
        assert client.get(reverse("reveal", args=[record])).status_code == 405


class TestWork:
    def test_a_supervisor_gives_a_clerk_work_that_is_the_clerks_own(self) -> None:
        record = make_policy()
        clerk = signed_in("li", Role.CLERK)
        boss = signed_in("boss", Role.SUPERVISOR)

        boss.post(reverse("give-work", args=[record]), {"kind": "service", "to": "north li"})

        item = Item.objects.get()
        assert (item.owner, item.opened_by) == ("li", "boss")
        told = {"field": "phone", "purpose": "service", "item": item.id}
        assert clerk.post(reverse("reveal", args=[record]), told).status_code == 200

    def test_a_clerk_gives_nobody_work(self) -> None:
        record = make_policy()
        clerk = signed_in("li", Role.CLERK)

        clerk.post(reverse("give-work", args=[record]), {"kind": "service", "to": "north li"})

        assert not Item.objects.exists()

    def test_is_taken_and_closed(self) -> None:
        item = make_item(make_policy(), owner=None)
        client = signed_in("li", Role.CLERK)

        client.post(reverse("items"), {"item": item, "do": "take"})
        assert Item.objects.get().owner == "li"
        client.post(reverse("items"), {"item": item, "do": "close"})

        assert Item.objects.get().closed_at is not None
        assert sum(one["action"].startswith("item.") for one in said()) == 2


class TestEmergency:
    def test_is_declared_looked_at_and_reviewed(self) -> None:
        record = make_policy()
        clerk, boss = signed_in("li", Role.CLERK), signed_in("boss", Role.SUPERVISOR)
        reason = "客户在柜台晕倒，需联系家人"

        clerk.post(reverse("emergency", args=[record]), {"reason": reason})
        shown = clerk.post(
            reverse("reveal", args=[record]), {"field": "phone", "purpose": "emergency"}
        )
        page = text_of(boss.get(reverse("emergencies")))
        boss.post(
            reverse("emergencies"),
            {"emergency": BreakGlass.objects.get().id, "justified": "yes"},
        )

        assert shown.status_code == 200
        assert reason in page
        assert BreakGlass.objects.get().justified is True


class TestLedger:
    def test_shows_compliance_who_looked_and_nothing_of_whom(self) -> None:
        record = make_policy()
        clerk = signed_in("li", Role.CLERK)
        clerk.get(reverse("policy", args=[record]))
        sequence_pending()
        auditor = signed_in("k1", Role.COMPLIANCE)

        page = text_of(auditor.get(reverse("ledger"), {"subject": record}))

        assert "打开（脱敏）" in page
        assert "<td>li</td>" in page
        assert "154****" not in page

    def test_pages_on(self) -> None:
        record = make_policy()
        clerk = signed_in("li", Role.CLERK)
        for _ in range(60):
            clerk.get(reverse("policy", args=[record]))
        sequence_pending()
        auditor = signed_in("k1", Role.COMPLIANCE)

        first = text_of(auditor.get(reverse("ledger"), {"who": "li"}))
        link = re.search(r'href="([^"]*before=[0-9]+)"', first)
        assert link
        second = text_of(auditor.get(reverse("ledger") + link.group(1).replace("&amp;", "&")))

        assert first.count("打开（脱敏）") + second.count("打开（脱敏）") == 60

    def test_says_when_nothing_seals_it(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE)
        make_policy()

        soon = text_of(auditor.get(reverse("ledger")))

        assert "hubao desk worker" in soon  # what the makers wrote was made a day ago

    def test_gives_a_proof_only_under_a_head(self) -> None:
        auditor = signed_in("k1", Role.COMPLIANCE)

        assert auditor.get(reverse("proof", args=["e1"])).status_code == 409

    @pytest.mark.parametrize(
        "role", [r for r in Role if not actor("x", r).may(Permission.READ_LEDGER)]
    )
    def test_is_not_for_others(self, role: Role) -> None:
        client = signed_in("li", role)

        assert client.get(reverse("ledger")).status_code == 403
        assert client.get(reverse("proof", args=["e1"])).status_code == 403


class TestHeaders:
    @pytest.mark.parametrize("name", ["home", "account_login"])
    def test_load_nothing_from_elsewhere_and_stay_in_no_cache(self, name: str) -> None:
        client = signed_in("li", Role.CLERK) if name == "home" else browser()

        headers = client.get(reverse(name)).headers

        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert ("unsafe-eval" in headers["Content-Security-Policy"]) == (name == "home")
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Frame-Options"] == "DENY"

    def test_health_says_only_whether_it_is_well(self) -> None:
        assert browser().get(reverse("health")).json() == {"ok": True}


class TestLanguage:
    def test_is_chinese_unless_asked_for_english(self) -> None:
        client = signed_in("li", Role.CLERK)

        chinese = text_of(client.get(reverse("home")))
        client.post(reverse("set_language"), {"language": "en", "next": "/"})
        english = text_of(client.get(reverse("home")))

        assert 'lang="zh-hans"' in chinese
        assert "我的工作" in chinese
        assert 'lang="en"' in english
        assert not re.search(r"[一-鿿]", re.sub(r"hubao 护保|简体中文", "", english))
