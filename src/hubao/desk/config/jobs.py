"""Run one of the worker's jobs, and count how long it took and whether it did what it should."""

import time
from collections.abc import Callable
from typing import Final

from django.utils import timezone

from hubao.desk.core.metrics import counter, histogram, newest

# The label isn't called job: that is Prometheus' own word for what it asks.
SECONDS: Final = histogram(
    "hubao_task_seconds",
    "Time that a job of the worker took, done or failed.",
    "task",
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600),
)
FAILURES: Final = counter(
    "hubao_task_failures_total", "Times that a job of the worker failed.", "task"
)
SUCCESS: Final = newest(
    "hubao_task_last_success_timestamp_seconds",
    "When a job of the worker was last done, in Unix time.",
    "task",
)
Job = Callable[[], object]


def run(job: Job) -> None:
    """Run a job; what it raises goes on to the caller, and False says that it failed."""
    name, began = name_of(job), time.perf_counter()
    FAILURES.labels(name).inc(0)  # told as 0 before the first, which is then seen as a rise
    failed = True
    try:
        failed = job() is False
    finally:
        SECONDS.labels(name).observe(time.perf_counter() - began)
        if failed:
            FAILURES.labels(name).inc()
        else:
            SUCCESS.labels(name).set(timezone.now().timestamp())


def name_of(job: Job) -> str:
    """Give a job's name, as it is in the code."""
    return getattr(job, "__name__", "other").strip("_")
