"""A real browser, the system's Chromium, for the tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import find_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that asks nobody for updates."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()
