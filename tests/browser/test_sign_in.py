"""Signing in with the company's OpenID provider, in a real browser, to a desk that is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.browser.test_console import Colours, Visit
from tests.makers.openid import CLIENT, SECRET, OpenId, openid
from tests.makers.served import Served, code, served

pytestmark = [pytest.mark.needs("browser"), pytest.mark.allow_hosts(["127.0.0.1", "::1"])]
NAME = "集团统一登录"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenId]:
    with openid() as running:
        yield running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, provider: OpenId) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with served(
        folder, oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
        oidc_name=NAME, oidc_mfa="mfa",
    ) as running:  # fmt: skip
        yield running


class Guest(Visit):
    """Somebody who may also be sent to the provider."""

    def __init__(self, browser: Browser, desk: Served, provider: OpenId, **looks: object) -> None:
        self.provider = provider
        super().__init__(browser, desk, **looks)  # type: ignore[arg-type] # as Visit has them

    def _check_request(self, asked: Request) -> None:
        if not asked.url.startswith(f"{self.provider.url}/authorize?"):
            super()._check_request(asked)

    def press(self) -> "Guest":
        """Go to the provider by the button on the page for signing in."""
        self.go("/sign-in/login/")
        self.page.get_by_role("button", name=NAME).click()
        return self


def test_a_clerk_signs_in_with_the_provider_and_sets_a_second_factor_up(
    browser: Browser, desk: Served, provider: OpenId, tmp_path: Path
) -> None:
    provider.login, provider.more = "C1", {}
    clerk = Guest(browser, desk, provider).press()
    clerk.page.wait_for_url("**/2fa/totp/activate/")
    clerk.page.fill("#id_code", code(clerk.page.input_value("#authenticator_secret")))
    clerk.page.locator("main form button[type=submit]").first.click()
    clerk.page.wait_for_load_state()

    clerk.go("/console/")

    assert clerk.page.url.endswith("/console/")
    assert clerk.look("home", tmp_path) == []
    clerk.go("/sign-in/sessions/")
    expect(clerk.page.locator("main table tbody tr")).to_have_count(1)


def test_a_supervisor_whose_second_factor_the_provider_asked_for_is_in_at_once_and_out_again(
    browser: Browser, desk: Served, provider: OpenId
) -> None:
    provider.login, provider.more = "S1", {"amr": ["pwd", "mfa"]}
    boss = Guest(browser, desk, provider).press()
    boss.page.wait_for_url("**/console/")
    boss.go("/sign-in/logout/").page.locator("main form button[type=submit]").click()
    boss.page.wait_for_load_state()

    boss.go("/console/")

    assert "/sign-in/login/" in boss.page.url
    assert boss.faults == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_fit_to_be_seen(
    browser: Browser, desk: Served, provider: OpenId, width: int, colours: Colours, language: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    provider.login, provider.more = "nobody", {}
    visit = Guest(browser, desk, provider, width=width, colours=colours, language=language)
    for name, place in (("login", "/sign-in/login/"), ("button", "/sign-in/oidc/")):
        assert visit.go(place).look(name, tmp_path) == []
    visit.press().page.wait_for_url("**/oidc/callback/**")
    # The browser itself writes into its console that a page came with 403.
    assert visit.look("refused", tmp_path) == []

    stays = Guest(browser, desk, provider, width=width, colours=colours, language=language)
    # With this answer a browser stays where it is.
    stays.page.route(f"{provider.url}/**", lambda asked: asked.fulfill(status=204))
    stays.go("/sign-in/oidc/").page.get_by_role("button", name=NAME).click()
    expect(stays.page.locator("main a")).to_be_visible()
    assert stays.look("lead-on", tmp_path) == []
    stays.context.close()
