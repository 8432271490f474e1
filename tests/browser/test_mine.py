"""The policyholder's page on a phone, in a real browser against a real server; no script runs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
from playwright.sync_api import Browser, expect

from tests.browser.test_console import Colours, Visit
from tests.makers.served import POLICY, Served, served

POLICIES = 7
pytestmark = pytest.mark.needs("browser")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest_socket.enable_socket()  # a server on this machine, which only this test asks
    folder = tmp_path_factory.mktemp("served")
    with served(folder) as running:
        rows = [policy(number) for number in range(POLICIES)]
        text = "\n".join(
            ",".join(row) for row in (list(POLICY), *(list(one.values()) for one in rows))
        )
        (folder / "more.csv").write_text(text, encoding="utf-8")
        running.run("import", "policies", str(folder / "more.csv"))
        yield running
    pytest_socket.disable_socket(allow_unix_socket=True)


def policy(number: int) -> dict[str, str]:
    """A policy for each visit, as one is sent three codes in half an hour."""
    return POLICY | {"policy_number": f"PN9020000{number:04d}", "phone": f"1540000{number:04d}"}


def last_code(desk: Served, number: int) -> str:
    """Let the worker send what waits; give the code of the last message."""
    desk.run("worker", "--once")
    path = max((desk.data / "messages").glob("*.json"))
    message = json.loads(path.read_text(encoding="utf-8"))
    assert message["to"] == f"+86{policy(number)['phone']}"
    found = re.search(r"[0-9]{8}", message["text"])
    assert found
    return found.group()


def look_up(browser: Browser, desk: Served, number: int) -> None:
    """A clerk without work for it looks the policy up, and is refused a field."""
    clerk = Visit(browser, desk).sign_in("C1").go("/console/policies/")
    clerk.page.select_option("#field", "phone")
    clerk.page.fill("#value", policy(number)["phone"])
    clerk.page.keyboard.press("Enter")
    clerk.page.locator("table a.hb-link").first.click()
    clerk.page.wait_for_load_state()
    clerk.page.locator("[data-field=phone]").click()
    expect(clerk.page.get_by_role("alert")).to_be_visible()


def come_in(visit: Visit, desk: Served, number: int) -> None:
    """Ask for a code by keyboard, and enter it."""
    page = visit.go("/mine/").page
    page.locator("#number").press_sequentially(policy(number)["policy_number"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/code/")
    page.locator("#code").press_sequentially(last_code(desk, number))
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/looks/")


def secrets(number: int) -> list[str]:
    """What a policyholder's page must not show."""
    return [policy(number)[name] for name in ("policy_number", "phone", "holder_name", "address")]


WORDS = {
    "zh-CN": ("未获准", "有一次查看不是我要求的", "有人冒充我的保险公司", "撤回", "已撤回"),
    "en": ("refused", "I didn't ask for one of these looks", "Somebody claimed to be my insurer",
           "Take it back", "Taken back"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "language", "colours", "width"),
    [
        (0, "zh-CN", "light", 390),
        (1, "en", "dark", 390),
        (2, "zh-CN", "dark", 1440),
        (3, "en", "light", 1440),
    ],
)
def test_a_policyholder_sees_who_looked_objects_and_takes_it_back(
    browser: Browser,
    desk: Served,
    number: int,
    language: str,
    colours: Colours,
    width: int,
    tmp_path: Path,
) -> None:
    refused, object_to, call, undo, undone = WORDS[language]
    look_up(browser, desk, number)
    visit = Visit(browser, desk, width=width, colours=colours, language=language)
    assert visit.go("/mine/").look("start", tmp_path) == []
    assert visit.go("/mine/code/").page.url.endswith("/mine/")

    come_in(visit, desk, number)
    page = visit.page
    assert visit.look("looks", tmp_path) == []
    expect(page.locator(".badge").first).to_have_text(refused)
    expect(page.locator("main")).to_contain_text("上海第一营业部")
    body = page.content()
    assert "<script" not in body
    assert not any(one in body for one in ("坐席甲", "C1<", *secrets(number)))

    page.get_by_role("link", name=object_to).press("Enter")
    page.locator("input[type=radio]").first.press("Space")
    page.locator("#text").fill("我没有要求过")
    assert visit.look("object", tmp_path) == []
    page.locator("button.primary").press("Enter")
    page.wait_for_url("**/mine/made/**")
    expect(page.locator(".big")).to_have_text(re.compile(r"^\d{4}-\d{4}$"))
    assert visit.look("made", tmp_path) == []
    page.get_by_role("button", name=undo).press("Enter")
    expect(page.locator("h1")).to_have_text(undone)
    assert visit.look("undone", tmp_path) == []

    visit.go("/mine/looks/").page.get_by_role("link", name=call).click()
    assert visit.look("call", tmp_path) == []
    page.locator("button.primary").press("Enter")
    page.wait_for_url("**/mine/made/**")
    visit.go("/mine/looks/").page.locator("main form button").press("Enter")
    page.wait_for_url("**/mine/?ended=1")
    assert visit.look("ended", tmp_path) == []
    assert visit.go("/mine/looks/").page.url.endswith("/mine/?ended=1")


def test_a_wrong_code_is_said_to_be_one(browser: Browser, desk: Served, tmp_path: Path) -> None:
    visit = Visit(browser, desk, width=390)
    page = visit.go("/mine/").page
    page.fill("#number", "PN00000000")
    page.keyboard.press("Enter")
    for left in (4, 3, 2, 1):
        page.fill("#code", "12345678")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(f"还可以试 {left} 次")
    assert visit.look("wrong", tmp_path) == []
    page.fill("#code", "12345678")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="重新获取验证码")).to_be_visible()
    # The browser complains of the answer's status, as it should have one.
    faults = visit.look("over", tmp_path)
    assert [one for one in faults if "status of 409" not in one] == []


@pytest.mark.parametrize(
    ("number", "language", "colours", "width"),
    [(4, "zh-CN", "light", 1440), (5, "en", "dark", 390)],
)
def test_security_reads_a_report_and_answers_it(
    browser: Browser,
    desk: Served,
    number: int,
    language: str,
    colours: Colours,
    width: int,
    tmp_path: Path,
) -> None:
    phone = Visit(browser, desk, width=390)
    come_in(phone, desk, number)
    phone.go("/mine/call/").page.fill("#text", "有人说是你们公司的，要我退保")
    phone.page.locator("button.primary").click()
    phone.page.wait_for_url("**/mine/made/**")
    receipt = phone.page.locator(".big").inner_text()
    guard = Visit(browser, desk, width=width, colours=colours, language=language).sign_in("G1")

    assert guard.go("/console/reports/").look("reports", tmp_path) == []
    guard.page.locator("tbody a.hb-link", has_text=receipt).click()
    assert guard.look("report", tmp_path) == []
    expect(guard.page.locator("section").first).to_contain_text("要我退保")
    guard.page.fill("#text", "经核实，联系您的人不是我们公司的人。")
    guard.page.locator("button.hb-primary").last.click()
    guard.page.wait_for_load_state()
    assert guard.look("answered", tmp_path) == []

    phone.go("/mine/looks/")
    expect(phone.page.locator("main")).to_contain_text("联系您的人不是我们公司的人")
    assert phone.look("read", tmp_path) == []


def test_no_script_is_needed(browser: Browser, desk: Served) -> None:
    visit = Visit(browser, desk, width=390, scripts=False)
    come_in(visit, desk, 6)

    visit.go("/mine/call/").page.locator("button.primary").click()
    visit.page.wait_for_url("**/mine/made/**")

    expect(visit.page.locator(".big")).to_be_visible()
