"""What hubao's ledger takes on one database; run by `ledger.py` as a process of its own.

Every figure counts until the entries have their places in the tree; that they can be found by what
they are about follows, and is timed by itself.

Run: python bench/ledger_hubao.py PLAN.json ENTRIES.txt DATABASE_URL
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pydantic import SecretStr

from hubao.desk.config.env import Env
from hubao.desk.config.mapping import django_settings

if TYPE_CHECKING:
    from hubao.desk.ledger.rules import Entered


def main() -> None:
    plan_path, entries_path, url = sys.argv[1:]
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    bodies = Path(entries_path).read_text(encoding="ascii").splitlines()
    settings.configure(**django_settings(Env(secret_key=SecretStr("b" * 40), database_url=url)))
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(_measure(plan, bodies)))


def _measure(plan: dict[str, int], bodies: Sequence[str]) -> dict[str, float]:
    from hubao.desk.ledger.operations import append_placed, place_pending  # noqa: PLC0415

    entered = [_entered(body) for body in bodies[: max(plan["one"], plan["many"])]]
    one = _rate(plan["one"], lambda: _one_by_one(entered[: plan["one"]]), place_pending)
    many = _rate(
        plan["many"], lambda: _together(entered[: plan["many"]], plan["callers"]), place_pending
    )
    chunks = [bodies[at : at + plan["chunk"]] for at in range(0, plan["batch"], plan["chunk"])]
    batch = _rate(plan["batch"], *(partial(append_placed, chunk) for chunk in chunks))
    return {"one": one, "many": many, "batch": batch, **_found_and_proved(plan, bodies)}


def _entered(body: str) -> "Entered":
    """What a caller hands in: that it is made into text again is part of what is timed."""
    from hubao.desk.ledger.rules import Entered  # noqa: PLC0415 - needs the settings

    said = json.loads(body)
    return Entered(
        action=said["action"],
        actor=said["actor"],
        at=datetime.fromisoformat(said["at"]),
        subject=said["subject"],
        purpose=said["purpose"],
        item=said["item"],
        facts={"fields": said["fact.fields"], "tie": said["fact.tie"]},
    )


def _one_by_one(entered: Sequence["Entered"]) -> None:
    from hubao.desk.ledger.together import append_together  # noqa: PLC0415

    for one in entered:
        append_together([one])


def _together(entered: Sequence["Entered"], callers: int) -> None:
    def append(some: Sequence["Entered"]) -> None:
        _one_by_one(some)
        connection.close()

    threads = [
        threading.Thread(target=append, args=(entered[at::callers],)) for at in range(callers)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def _found_and_proved(plan: dict[str, int], bodies: Sequence[str]) -> dict[str, float]:
    from hubao.desk.ledger.about import index_placed  # noqa: PLC0415
    from hubao.desk.ledger.operations import append_placed  # noqa: PLC0415
    from hubao.desk.ledger.queries import prove_entry, size  # noqa: PLC0415

    placed = size()
    found = _rate(placed, index_placed)
    while size() < plan["size"]:
        append_placed(bodies[: min(plan["chunk"], plan["size"] - size())])
    took = []
    for at in range(plan["proofs"]):
        begin = time.perf_counter()
        prove_entry(1 + at * 7919 % plan["size"], entries=plan["size"])
        took.append(time.perf_counter() - begin)
    return {"found": found, "proof": median(took)}


def _rate(count: int, *run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for one in run:
        one()
    return count / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
