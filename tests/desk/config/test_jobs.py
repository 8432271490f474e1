"""The worker's jobs: each is counted, done or failed, and what it raises isn't hidden."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hubao.desk.config.jobs import run
from hubao.desk.config.serving import work
from hubao.desk.core.heartbeat import WORKER, last_beat
from hubao.desk.core.metric_page import text
from tests.makers.signing_in import wire


def told() -> dict[tuple[str, ...], float]:
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text([]).decode())
        for one in family.samples
    }


def _well() -> int:
    return 0


def _gives_up() -> bool:
    return False


def _breaks() -> None:
    raise ValueError("broken")


class TestRun:
    def test_notes_that_a_job_was_done(self) -> None:
        run(_well)

        found = told()
        assert found["hubao_task_last_success_timestamp_seconds", "well"] > 0
        assert found["hubao_task_failures_total", "well"] == 0
        assert found["hubao_task_seconds_count", "well"] == 1

    def test_notes_that_one_failed_and_says_so_itself(self) -> None:
        run(_gives_up)

        found = told()
        assert ("hubao_task_last_success_timestamp_seconds", "gives_up") not in found
        assert found["hubao_task_failures_total", "gives_up"] == 1

    def test_notes_a_fault_and_lets_it_pass(self) -> None:
        with pytest.raises(ValueError, match="broken"):
            run(_breaks)

        assert told()["hubao_task_failures_total", "breaks"] == 1
        assert told()["hubao_task_seconds_count", "breaks"] == 1


@pytest.mark.usefixtures("database")
def test_the_worker_gives_a_sign_of_life(tmp_path: Path) -> None:
    wire(tmp_path)

    work(once=True)

    assert last_beat(name=WORKER) is not None
    assert told()["hubao_task_last_success_timestamp_seconds", "beat"] > 0
