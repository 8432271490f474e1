"""The worker's slow jobs run beside the others, and no job's failure ends it."""

import time
from pathlib import Path
from threading import Event

import pytest

from hubao.desk.config import serving
from hubao.desk.config.aside import Aside, done
from hubao.desk.config.jobs import FAILURES
from hubao.desk.config.serving import JobsFailed, work
from tests.makers.desk import make_branches
from tests.makers.signing_in import wire

pytestmark = pytest.mark.usefixtures("database")


def falls() -> None:
    raise ZeroDivisionError


def test_a_slow_job_keeps_no_other_waiting_and_is_not_begun_twice() -> None:
    begun, go = [], Event()

    def slow() -> None:
        begun.append(1)
        go.wait(10)

    aside = Aside(slow)
    began = time.monotonic()

    aside()
    aside()

    assert time.monotonic() - began < 1
    go.set()
    assert aside.wait()
    assert begun == [1]
    assert aside.__name__ == "slow"


def test_a_job_that_breaks_is_counted_logged_and_tells_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = FAILURES.labels("falls")._value.get()

    assert not done(falls)
    aside = Aside(falls)
    aside()

    assert not aside.wait()
    assert FAILURES.labels("falls")._value.get() == before + 2
    assert caplog.text.count("a job failed") == 2


@pytest.mark.parametrize("job", [falls, Aside(falls)], ids=["in line", "aside"])
def test_all_others_are_done_though_one_breaks(
    job: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_branches()
    wire(tmp_path)
    ran: list[int] = []
    monkeypatch.setattr(serving, "_JOBS", {job: 1.0, lambda: ran.append(1): 1.0})

    with pytest.raises(JobsFailed, match="falls"):
        work(once=True)

    assert ran == [1]
