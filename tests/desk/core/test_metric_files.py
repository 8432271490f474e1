"""Counts of several real processes: they add up, whatever becomes of the processes."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

# Counts as often as its input says, a line each; says after each what all processes counted.
COUNTING = """
import sys
from pathlib import Path
from hubao.desk.core.metric_files import begin, keep_in
from hubao.desk.core.metric_page import text
from hubao.desk.core.metrics import counter, histogram, newest
keep_in(Path(sys.argv[1]))
calls = counter("calls_total", "x", "outcome")
took = histogram("took_seconds", "x", "what", buckets=(1, 2))
pace = newest("pace", "x", "what")
begin()
for line in sys.stdin:
    for _ in range(int(line)):
        calls.labels("done").inc()
        took.labels("it").observe(1.5)
    pace.labels("it").set(float(line))
    page = text([]).decode().splitlines()
    print(*(one for one in page if not one.startswith("#")), sep="|", flush=True)
"""

# Three children that begin at once, each with what it has of its parent.
FORKING = """
import os, sys
from pathlib import Path
from hubao.desk.core.metric_files import begin, keep_in
from hubao.desk.core.metric_page import text
from hubao.desk.core.metrics import counter
keep_in(Path(sys.argv[1]))
calls = counter("calls_total", "x", "outcome")
begin()
calls.labels("done").inc()
ready, go = os.pipe()
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        os.close(go)
        os.read(ready, 1)
        for _ in range(100):
            calls.labels("done").inc()
        os._exit(0)
    children.append(child)
os.close(go)
for child in children:
    os.waitpid(child, 0)
print(text([]).decode())
"""


class Counting:
    """A process that counts when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COUNTING, folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def count(self, times: int) -> dict[str, float]:
        """Count; gives what all processes counted."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip().split("|")
        return {name: float(value) for name, value in (one.rsplit(" ", 1) for one in said)}

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Counting]]:
    """Starts processes that count in one folder, and ends them."""
    with ExitStack() as stack:

        def started() -> Counting:
            one = Counting(tmp_path / "metrics")
            stack.enter_context(_ended(one))
            return one

        yield started


@contextmanager
def _ended(one: Counting) -> Iterator[None]:
    yield
    one.kill()
    for stream in (one.process.stdin, one.process.stdout):
        assert stream
        stream.close()


CALLS = 'calls_total{outcome="done"}'


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "metrics").glob("*.db")}


class TestProcesses:
    def test_add_up(self, start: Callable[[], Counting]) -> None:
        one, other = start(), start()
        one.count(2)

        page = other.count(3)

        assert page[CALLS] == 5
        assert page['took_seconds_bucket{le="1.0",what="it"}'] == 0
        assert page['took_seconds_bucket{le="+Inf",what="it"}'] == 5
        assert page['took_seconds_sum{what="it"}'] == 7.5

    def test_tell_the_number_that_was_set_last_wherever(
        self, start: Callable[[], Counting]
    ) -> None:
        one, other = start(), start()
        one.count(9)
        other.count(4)

        assert one.count(0)['pace{what="it"}'] == 0
        assert other.count(6)['pace{what="it"}'] == 6

    def test_lose_nothing_when_one_is_killed_and_leave_no_files_about(
        self, start: Callable[[], Counting], tmp_path: Path
    ) -> None:
        one, other = start(), start()
        one.count(2)
        other.count(3)
        before = files(tmp_path)

        for _ in range(3):
            one.kill()
            one = start()
            one.count(1)

        assert other.count(0)[CALLS] == 8
        assert files(tmp_path) == before

    def test_begin_anew_when_none_was_there(self, start: Callable[[], Counting]) -> None:
        one = start()
        one.count(2)
        one.kill()

        assert start().count(1)[CALLS] == 1

    def test_stay_apart_after_a_fork(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", FORKING, tmp_path / "metrics"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert f"{CALLS} 301.0" in done.stdout


class TestWhereTheFolderCannotBeWritten:
    def test_a_process_counts_in_its_memory(self, tmp_path: Path) -> None:
        (tmp_path / "metrics").write_text("no folder", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", COUNTING, tmp_path / "metrics"],
            input="2\n", capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert f"{CALLS} 2.0" in done.stdout
        assert "their folder can't be written" in done.stderr

    def test_a_process_without_one_counts_in_its_memory(self) -> None:
        without = COUNTING.replace("keep_in(Path(sys.argv[1]))", "")
        done = subprocess.run(
            [sys.executable, "-c", without], input="2\n", capture_output=True, text=True, check=True
        )

        assert f"{CALLS} 2.0" in done.stdout


def test_a_full_disk_takes_no_process_down(tmp_path: Path) -> None:
    """As a limit on the size of files: giving a file its room fails then, as on a full disk."""
    limited = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + COUNTING
    done = subprocess.run(
        [sys.executable, "-c", limited, tmp_path / "metrics"],
        input="2\n", capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert f"{CALLS} 2.0" in done.stdout
