"""What every test may lean on: needs that skip with a reason, and Hypothesis profiles."""

import os
import shutil
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from tests.makers.postgres import find_server
from tests.makers.stamping import find_openssl

settings.register_profile("here", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,  # the same examples each time: a red build is about the change
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a loaded machine is no finding
)


def find_browser() -> str | None:
    """Path of a Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


# What a test may need of the machine: how to see that it is there, and what to say if not.
NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "browser": (find_browser, "no chromium on PATH (Debian: apt-get install chromium)"),
    "openssl": (find_openssl, "no openssl on PATH (Debian: apt-get install openssl)"),
    "postgres": (find_server, "no PostgreSQL server here (Debian: apt-get install postgresql)"),
}


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("ci" if os.environ.get("CI") else "here")
    unknown = required() - NEEDS.keys()
    if unknown:
        raise pytest.UsageError(
            f"HUBAO_REQUIRE names {', '.join(sorted(unknown))}; known: {', '.join(NEEDS)}"
        )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            is_there, reason = NEEDS[name]
            if is_there():
                continue
            if name in required():
                pytest.fail(f"HUBAO_REQUIRE={name}, but {reason}", pytrace=False)
            pytest.skip(reason)


def required() -> set[str]:
    """Needs whose absence is a failure: the comma-separated words of HUBAO_REQUIRE."""
    return {word.strip() for word in os.environ.get("HUBAO_REQUIRE", "").split(",") if word.strip()}


@pytest.fixture
def browser_path() -> str:
    """Path of the Chromium that `@pytest.mark.needs("browser")` found."""
    path = find_browser()
    assert path is not None
    return path
