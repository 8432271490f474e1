"""Take a file of policies into a fresh database in one way, and print what it took as JSON.

Run: python bench/policy_import_way.py hubao|peer DATABASE_URL FILE
"""

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' makers

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.files import given

AT_ONCE: Final = 4_000  # rows of one bulk_create and of one transaction


@dataclass(frozen=True)
class Used:
    """Processor seconds so far: of this process, of its children that ended, of the server."""

    ours: float
    children: float
    server: float


def main(way: str, url: str, path: str) -> None:
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    call_command("migrate", verbosity=0)
    from tests.makers.desk import make_branches  # noqa: PLC0415 - needs Django

    make_branches()
    runs = [_hubao(Path(path))] * 2 if way == "hubao" else [_peer(Path(path))]
    print(json.dumps([_measured(run) for run in runs]))


def _measured(run: Callable[[], int]) -> Mapping[str, float]:
    before, begin = _used(), time.perf_counter()
    rows = run()
    seconds, after = time.perf_counter() - begin, _used()
    return {
        "rows": rows,
        "seconds": seconds,
        "writer": after.ours - before.ours,
        "reader": after.children - before.children,
        "server": after.server - before.server,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _used() -> Used:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Used(time.process_time(), ended.ru_utime + ended.ru_stime, _server_seconds())


def _server_seconds() -> float:
    """What PostgreSQL's process for this connection has used, as Linux counts it."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((process,),) = cursor.fetchall()
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _hubao(path: Path) -> Callable[[], int]:
    from hubao.desk.policies.operations.imports import import_policies  # noqa: PLC0415
    from tests.makers.desk import KEYSET, NOON, SYSTEM  # noqa: PLC0415

    def run() -> int:
        counts = import_policies(
            given(path), actor=SYSTEM, at=NOON, keyset=KEYSET, reject=lambda *_: None
        )
        return counts.added + counts.same

    return run


def _peer(path: Path) -> Callable[[], int]:
    from hubao.desk.policies.models import Policy  # noqa: PLC0415

    def run() -> int:
        policies = _policies(path)
        while part := list(islice(policies, AT_ONCE)):
            with transaction.atomic():
                Policy.objects.bulk_create(part)
        return Policy.objects.count()

    return run


def _policies(path: Path) -> Iterator[Any]:
    from hubao.desk.core.ids import POLICY, new_id  # noqa: PLC0415
    from hubao.desk.policies.models import Policy  # noqa: PLC0415
    from hubao.desk.policies.rows import policy_of  # noqa: PLC0415
    from hubao.desk.policies.sealing import COLUMNS, seal  # noqa: PLC0415
    from tests.makers.desk import FIELDS, NOON  # noqa: PLC0415

    names = ["unit_id" if name == "unit" else name for name in COLUMNS]
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            clear = policy_of(row, units=frozenset([row["unit"]]))
            sealed = seal(clear, record=new_id(POLICY), fields=FIELDS)
            yield Policy(**dict(zip(names, sealed.columns, strict=True)), updated_at=NOON)


if __name__ == "__main__":
    main(*sys.argv[1:])
