"""A provider that runs, and a desk that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.makers.desk import make_branches
from tests.makers.openid import OpenId, openid
from tests.makers.openid_sign_in import tell
from tests.makers.signing_in import wire


@pytest.fixture(scope="module")
def running() -> Iterator[OpenId]:
    with openid() as provider:
        yield provider


@pytest.fixture
def provider(running: OpenId, database: str, tmp_path: Path) -> OpenId:
    del database
    vars(running).update(vars(OpenId(running.url)))  # as it came
    make_branches()
    wire(tmp_path)
    tell(running)
    return running
