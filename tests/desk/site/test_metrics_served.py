"""A really served desk: what its processes count adds up, whichever of them is asked or killed."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_socket
from prometheus_client.parser import text_string_to_metric_families

from tests.makers.served import POLICY, Served, served

TOKEN = "a token of this test"  # noqa: S105 - opens nothing else
Told = dict[tuple[str, ...], float]
HEALTHS = ("hubao_http_requests_total", "GET", "2xx", "health")


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Iterator[Served]:
    pytest_socket.enable_socket()  # a server on this machine, which only this test asks
    try:
        with (
            served(tmp_path, workers=2, database_url=database, metrics_token=TOKEN) as running,
            _worker(running, tmp_path),
        ):
            yield running
    finally:
        pytest_socket.disable_socket(allow_unix_socket=True)


@contextmanager
def _worker(desk: Served, folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "hubao", "desk", "worker"]
    worker = subprocess.Popen(command, env=desk.env, cwd=folder)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(20)


def ask(desk: Served, path: str, token: str = TOKEN) -> tuple[int, str]:
    """Ask over a connection of its own, so that either process may answer."""
    request = urllib.request.Request(  # noqa: S310 - of this machine
        desk.url + path, headers={"Authorization": f"Bearer {token}", "Connection": "close"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def told(desk: Served) -> Told:
    code, page = ask(desk, "/metrics")
    assert code == 200
    return {
        (one.name, *(one.labels[label] for label in sorted(one.labels))): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
    }


def children(desk: Served) -> list[int]:
    """The processes that answer."""
    number = desk.process.pid
    listed = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
    return [int(one) for one in listed.split()]


def wait_for(desk: Served, *key: str) -> Told:
    """Ask until the page tells of something."""
    for _ in range(300):
        found = told(desk)
        if key in found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{key} is never told")


def counted_by_itself(folder: Path) -> list[str]:
    """Files in which a process counted requests."""
    files = (folder / "data" / "metrics").glob("counter_*.db")
    return [one.name for one in files if b"hubao_http_requests" in one.read_bytes()]


def ask_until_both_answered(desk: Served, folder: Path) -> int:
    """Ask for health from both processes; gives how often."""
    for asked in range(1, 500):
        ask(desk, "/health/")
        if asked >= 20 and len(counted_by_itself(folder)) == 2:
            return asked
    raise AssertionError("one process answers everything")


def test_the_counts_of_all_processes_add_up_and_outlive_a_kill(
    desk: Served, tmp_path: Path
) -> None:
    before = told(desk).get(HEALTHS, 0)
    asked = ask_until_both_answered(desk, tmp_path)
    pages = [told(desk) for _ in range(10)]

    assert {page[HEALTHS] for page in pages} == {before + asked}

    victim = children(desk)[0]
    os.kill(victim, signal.SIGKILL)
    while victim in children(desk):
        time.sleep(0.01)
    after = [told(desk) for _ in range(10)]

    assert {page[HEALTHS] for page in after} == {before + asked}

    more = 0
    while len(children(desk)) < 2 or more < 20:
        more += ask(desk, "/health/")[0] == 200
    assert told(desk)[HEALTHS] == before + asked + more
    assert len(counted_by_itself(tmp_path)) == 2


def test_a_ready_desk_tells_what_its_worker_and_commands_counted_to_whoever_has_the_token(
    desk: Served, tmp_path: Path
) -> None:
    done = wait_for(desk, "hubao_task_last_success_timestamp_seconds", "sequence_pending")
    assert done["hubao_task_last_success_timestamp_seconds", "sequence_pending"] > time.time() - 60
    assert done["hubao_task_failures_total", "sequence_pending"] == 0
    assert wait_for(desk, "hubao_worker_heartbeat_age_seconds")

    names, row = (
        ",".join(POLICY),
        ",".join({**POLICY, "policy_number": "PN20200000099999"}.values()),
    )
    broken = ",".join({**POLICY, "unit": "nowhere"}.values())
    (tmp_path / "more.csv").write_text(f"{names}\n{row}\n{broken}\n", encoding="utf-8")
    command = [sys.executable, "-m", "hubao", "desk", "import", "policies", "more.csv"]
    subprocess.run(command, env=desk.env, cwd=tmp_path, check=True, capture_output=True)

    found = told(desk)
    assert found["hubao_import_rows_total", "added", "policies"] == 1
    assert found["hubao_import_rows_total", "rejected", "policies"] == 1
    assert found["hubao_import_rows_per_second", "policies"] > 0
    assert ask(desk, "/health/ready/", token="") == (200, '{"ok": true, "faults": []}')
    assert ask(desk, "/metrics", token="") == (401, "")
