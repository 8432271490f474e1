"""The console as people use it, in a real browser against a real server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_socket
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.makers.served import POLICY, Served, code, served

pytestmark = pytest.mark.needs("browser")
GRAVE = {"serious", "critical"}
Colours = Literal["light", "dark"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest_socket.enable_socket()  # a server on this machine, which only this test asks
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running
    pytest_socket.disable_socket(allow_unix_socket=True)


class Visit:
    """Somebody at the console; gathers what a page should not do."""

    def __init__(
        self, browser: Browser, desk: Served, *, width: int = 1440, colours: Colours = "light",
        language: str = "zh-CN", scripts: bool = True,
    ) -> None:  # fmt: skip
        self.desk, self.faults = desk, list[str]()
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=colours,
            locale=language,
            base_url=desk.url,
            java_script_enabled=scripts,
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._check_request)
        self.page.on(
            "console",
            lambda line: (
                self.faults.append(line.text)
                if line.type in ("error", "warning") and "status of 403" not in line.text
                else None
            ),
        )

    def _check_request(self, asked: Request) -> None:
        if not asked.url.startswith((self.desk.url, "data:", "blob:")):
            self.faults.append(asked.url)

    def sign_in(self, who: str) -> "Visit":
        """Sign in; the second time with the cookies of the first, as a code counts only once."""
        if who in self.desk.cookies:
            self.context.add_cookies(self.desk.cookies[who])
        else:
            self._give_password_and_code(who)
            self.desk.cookies[who] = self.context.cookies()
        self.go("/console/")
        assert self.page.url.endswith("/console/"), self.page.url
        return self

    def _give_password_and_code(self, who: str) -> None:
        page = self.page
        page.goto("/")
        page.fill("#id_login", who)
        page.fill("#id_password", self.desk.passwords[who])
        page.locator("main button.hb-primary").click()
        page.wait_for_load_state()
        if "2fa/totp/activate" in page.url:
            page.fill("#id_code", code(page.input_value("#authenticator_secret")))
            page.locator("main form button[type=submit]").first.click()
            page.wait_for_load_state()

    def go(self, place: str) -> "Visit":
        self.page.goto(place)
        return self

    def grave(self) -> list[str]:
        """What axe finds that keeps people out."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]}"
            for one in found
            if one["impact"] in GRAVE
        ]

    def look(self, name: str, folder: Path) -> list[str]:
        """Keep a picture; give what sticks out, what the browser and what axe complain of."""
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        sticks_out = [f"{name} is {wide} px wider than the window"] if wide > 0 else []
        return [*sticks_out, *self.faults, *self.grave()]


def test_a_clerk_reveals_a_field_for_work_that_a_supervisor_gave(
    browser: Browser, desk: Served, tmp_path: Path
) -> None:
    boss = Visit(browser, desk).sign_in("S1").go("/console/policies/")
    boss.page.select_option("#field", "phone")
    boss.page.fill("#value", POLICY["phone"])
    boss.page.keyboard.press("Enter")
    boss.page.get_by_role("link", name="打开").click()
    boss.page.select_option("#to", "SH-1 C1")
    boss.page.get_by_role("button", name="建立工单").click()
    expect(boss.page.get_by_text("工单已建立")).to_be_visible()
    assert boss.look("supervisor", tmp_path) == []

    clerk = Visit(browser, desk).sign_in("C1")
    assert clerk.look("home", tmp_path) == []
    clerk.page.locator("table a.hb-link").first.click()
    field = clerk.page.locator("#field-phone")
    expect(field).to_have_text("154****1234")
    clerk.page.locator("[data-field=phone]").press("Enter")  # the keyboard is enough
    expect(field).to_have_text(POLICY["phone"])
    assert clerk.look("revealed", tmp_path) == []
    expect(clerk.page.locator("[data-field=phone]")).to_contain_text(re.compile(r"\d+ s"))
    clerk.page.locator("[data-field=phone]").click()

    expect(field).to_have_text("154****1234")
    expect(clerk.page.locator(".hb-mark")).to_contain_text("C1")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_fit_to_be_seen(
    browser: Browser, desk: Served, width: int, colours: Colours, language: str, tmp_path: Path
) -> None:
    visit = Visit(browser, desk, width=width, colours=colours, language=language)
    assert visit.go("/sign-in/login/").look("login", tmp_path) == []
    visit.sign_in("S1")

    for place in (
        *("", "items/", "policies/", "emergencies/", "alerts/"),
        *("lists/people/party/", "lists/people/grant/", "people/C1/"),
    ):
        name = f"console-{place.strip('/').replace('/', '-') or 'home'}"
        assert visit.go(f"/console/{place}").look(name, tmp_path) == []
    for place in ("2fa/", "sessions/"):
        assert visit.go(f"/sign-in/{place}").look(f"sign-in-{place.strip('/')}", tmp_path) == []


def test_who_sees_no_personal_data_is_told_so(
    browser: Browser, desk: Served, tmp_path: Path
) -> None:
    visit = Visit(browser, desk).sign_in("K1")
    assert visit.look("compliance", tmp_path) == []
    assert visit.go("/console/ledger/").look("ledger", tmp_path) == []

    visit.go("/console/policies/")

    expect(visit.page.get_by_role("alert")).to_have_text("您的岗位没有此权限。")


@pytest.mark.parametrize(("width", "colours"), [(1440, "light"), (390, "dark")])
def test_security_and_administrators_see_pages_that_are_fit_too(
    browser: Browser, desk: Served, width: int, colours: Colours, tmp_path: Path
) -> None:
    places = {
        "A1": ("", "people/C1/", "lists/people/party/?factor=no", "lists/people/token/"),
        "X1": ("", "alerts/", "lists/usersessions/usersession/", "lists/people/party/?q=nobody"),
    }
    for who, pages in places.items():
        visit = Visit(browser, desk, width=width, colours=colours).sign_in(who)
        for place in pages:
            name = f"{who}-{re.sub('[^a-z]+', '-', place) or 'home'}"
            assert visit.go(f"/console/{place}").look(name, tmp_path) == []


def test_an_emergency_becomes_an_alert_that_security_answers_and_opens_again(
    browser: Browser, desk: Served, tmp_path: Path
) -> None:
    clerk = Visit(browser, desk).sign_in("C1").go("/console/policies/")
    clerk.page.select_option("#field", "phone")
    clerk.page.fill("#value", POLICY["phone"])
    clerk.page.keyboard.press("Enter")
    clerk.page.get_by_role("link", name="打开").first.click()
    clerk.page.fill("#glass", "客户在柜台晕倒，需联系家人")
    clerk.page.locator("form[action$='/emergency/'] button").click()
    desk.run("worker", "--once")

    security = Visit(browser, desk).sign_in("X1")
    expect(security.page.get_by_role("link", name="紧急查看：没有工单而查看了保单")).to_be_visible()
    assert security.look("home-with-alert", tmp_path) == []
    security.page.get_by_role("link", name="紧急查看：没有工单而查看了保单").click()
    card = security.page.locator("section.hb-card", has_text="C1").first
    card.locator("textarea").fill("已与本人及客户家属核实，情况属实")
    card.locator("textarea").press("Tab")
    security.page.keyboard.press("Enter")  # the keyboard is enough

    expect(security.page.get_by_text("已与本人及客户家属核实，情况属实")).to_be_visible()
    assert security.look("alerts-answered", tmp_path) == []
    security.page.get_by_role("button", name="撤回").click()
    expect(security.page.get_by_text("预警已重新打开")).to_be_visible()


def test_an_administrator_sets_roles_and_undoes_it(
    browser: Browser, desk: Served, tmp_path: Path
) -> None:
    admin = Visit(browser, desk).sign_in("A1").go("/console/lists/people/party/")
    admin.page.get_by_role("link", name="K1").click()
    admin.page.get_by_label("信息安全").check()
    admin.page.select_option("#why", "cover")
    admin.page.get_by_role("button", name="设定岗位").click()

    expect(admin.page.get_by_label("信息安全")).to_be_checked()
    assert admin.look("roles-set", tmp_path) == []
    admin.page.get_by_role("button", name="撤回").click()
    expect(admin.page.get_by_label("信息安全")).not_to_be_checked()
    desk.cookies.pop("K1", None)  # K1's sign-ins ended with that
