"""The page of feeds in a real browser: empty, alive, and with a source that is silent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_socket
from playwright.sync_api import Browser, expect

from tests.browser.test_console import Colours, Visit
from tests.makers.served import Served, served

pytestmark = pytest.mark.needs("browser")
PLACE = "/console/feeds/"
HOURS = 24 * 35
LOST = range(60, 69)  # hours ago of which no event came


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[Served]:
    pytest_socket.enable_socket()  # a server on this machine, which only this test asks
    with served(folder) as running:
        yield running
    pytest_socket.disable_socket(allow_unix_socket=True)


def lake(folder: Path, *words: str) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("HUBAO_")}
    subprocess.run(
        [sys.executable, "-m", "hubao", "lake", *words],
        env=env | {"HUBAO_DATA": str(folder / "data"), "HUBAO_MODE": "development"},
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def log(path: Path, hours: Iterator[int] | range) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    told = [
        f"{ago}-{n},{(now - timedelta(hours=ago, minutes=n)).isoformat()},u{n},PN{ago:06d}{n:02d}"
        for ago in hours if ago not in LOST
        for n in range(11 + ago % 5)
    ]  # fmt: skip
    late = (now + timedelta(hours=4)).isoformat()
    told += [f"x,{late},u1,PN1", "y,someday,u1,PN2"]
    path.write_text("event,at,actor,policy\n" + "\n".join(told) + "\n", encoding="utf-8")


def test_tells_of_silence_gaps_and_rejects_in_both_languages_and_any_size(
    browser: Browser, desk: Served, folder: Path, tmp_path: Path
) -> None:
    visit = Visit(browser, desk).sign_in("K1").go(PLACE)
    expect(visit.page.get_by_role("heading", name="还没有系统告诉我们谁查过保单")).to_be_visible()
    assert visit.look("feeds-empty", tmp_path) == []
    for name, silence, hours in (
        ("core", "1440", range(1, HOURS)),
        ("call-centre-with-the-longest-name-of-all", "600", range(200, HOURS)),
    ):
        (folder / name).mkdir()
        log(folder / name / "a.csv", hours)
        lake(folder, "source", "add", name, "--kind", "folder", "--place", name,
             "--silence", silence)  # fmt: skip
        lake(folder, "import", name)
    lake(folder, "source", "add", "crm", "--kind", "push", "--pushed-by", "crm-service")

    visit.go(PLACE)
    alarm = visit.page.get_by_role("alert").first
    expect(alarm).to_contain_text("1 个来源系统没有动静")
    expect(alarm).to_contain_text("call-centre-with-the-longest-name-of-all")
    expect(visit.page.locator("#core")).to_contain_text("没有事件，而通常约有")
    visit.page.locator("#core details").first.click()
    with visit.page.expect_download() as begun:
        visit.page.locator("#core details a").first.click()
    assert "a.csv" in begun.value.path().read_text(encoding="utf-8")

    for language, width, colours in _looks():
        seen = Visit(browser, desk, width=width, colours=colours, language=language).sign_in("K1")
        seen.go(PLACE).page.locator("#core summary").first.press("Enter")
        assert seen.look(f"feeds-{language}-{width}-{colours}", tmp_path) == []


def _looks() -> Iterator[tuple[str, int, Colours]]:
    for language in ("zh-CN", "en"):
        for width in (1440, 390):
            yield language, width, "light"
            yield language, width, "dark"
