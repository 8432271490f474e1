"""Fill an empty desk with the demo, step by step."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils import timezone

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.files import given
from hubao.desk.core.wired import Wired, wired
from hubao.desk.feeds.operations.imports import Wires
from hubao.desk.feeds.places import Places
from hubao.desk.ledger.denials import Denials
from hubao.desk.ledger.heads import sign_and_publish
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.operations import place_pending
from hubao.desk.people.imports import import_people, import_units
from hubao.desk.policies.accesses import ACTIONS
from hubao.desk.policies.models import Policy
from hubao.desk.policies.operations.imports import import_policies
from hubao.desk.site.demo import cast, history, insurer, systems
from hubao.world.build import build
from hubao.world.files import Format
from hubao.world.model import Campaign, Scale
from hubao.world.scenarios import Scenario

YEARS: Final = 3  # house rule: how far back the demo goes
REPORTS: Final = 75
SIGN_INS: Final = "sign-ins.json"
_LOCAL: Final = ZoneInfo("Asia/Shanghai")
Told = Callable[[int, int, str], None]


def fill(folder: Path, *, policies: int, seed: int, told: Told) -> None:
    """Fill the desk of the environment; who may sign in is in SIGN_INS of the folder afterwards.

    Args:
        folder: for the simulated insurer, and what a trace needs.
        policies: how many records.
        seed: the same gives the same insurer; ids and secrets are new each time.
        told: hears done, total (0 if unknown) and what is being done.
    """
    now, desk = timezone.now(), wired()
    demo = Actor("system:demo", units=None, scopes=frozenset(Permission))
    world = _build(folder / "insurer", policies, seed, now, told)
    _take_over(world, demo, now, desk, told)
    fields = desk.keys.fields()
    ids = history.records(world, fields=fields)
    access = world / "access"
    history.enter_history(access, ids=ids, told=lambda done, all_: told(done, all_, "history"))
    systems.import_systems(
        history.elsewhere(access),
        folder / "systems",
        numbers=history.numbers(world),
        actor=demo,
        at=now,
        wires=Wires(Places(desk.lake, desk.feeds), fields),
        told=lambda done, all_: told(done, all_, "feeds"),
    )
    history.write_tables(world, folder, ids=ids)
    branch = _largest_branch()
    signs = cast.make_cast(branch=branch, actor=demo, at=now)
    cast.make_work(branch=branch, actor=demo, at=now, fields=fields, denials=Denials(desk.spool))
    place_pending()
    export_to_lake(desk.lake, actions=ACTIONS)
    sign_and_publish(desk.log, at=timezone.now())
    _keep(folder, {"people": [asdict(one) for one in signs],
                   "token": cast.make_token(actor=demo, at=now)})  # fmt: skip


def _build(folder: Path, policies: int, seed: int, now: datetime, told: Told) -> Path:
    """Make an insurer whose three years ended yesterday, and somebody who copied records."""
    first = now.astimezone(_LOCAL).date() - timedelta(days=YEARS * 365 + 1)
    built = build(
        Scenario.LEAVER,
        scale=Scale(policies=policies, years=YEARS, seed=seed, start=first),
        campaign=Campaign(reports=REPORTS),
        out=folder,
        formats=[Format.PARQUET],
        force=True,
        progress=told,
    )
    return built.folder


def _take_over(world: Path, demo: Actor, now: datetime, desk: Wired, told: Told) -> None:
    told(0, 0, "people")
    units = import_units(insurer.unit_rows(world), actor=demo, at=now)
    people = import_people(insurer.person_rows(world), zone=_LOCAL, actor=demo, at=now)
    path = world / "policies-handed-over.csv"
    insurer.write_policies(world, path)
    rejects: list[tuple[int, str]] = [*units.rejects, *people.rejects]
    import_policies(
        given(path),
        actor=demo,
        at=now,
        keyset=desk.keys.keyset(),
        reject=lambda line, why: rejects.append((line, why)),
        told=lambda done, total: told(done, total, "policies"),
    )
    path.unlink()  # the only place where they lay in clear
    if rejects:
        raise RuntimeError(
            f"{len(rejects)} of the demo's rows weren't taken over: {rejects[0][1]}."
        )


def _largest_branch() -> str:
    largest = Policy.objects.values("unit").annotate(n=Count("id")).order_by("-n", "unit")
    unit: str = largest.values_list("unit", flat=True)[0]
    return unit


def _keep(folder: Path, told: dict[str, object]) -> None:
    path = folder / SIGN_INS
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=1), encoding="utf-8")
