"""The desk's own log as access events in the lake, each exactly once, whatever crashes.

A batch of the log's places becomes one file a month, named after the first and last place. How far
the export is, is written down after the files are there; what a crash left behind that is written
nowhere is removed before the batch is written again.

After a restore the log may be shorter than it was, and other entries may have taken the places of
those that were lost. What the lake alone still knows of these is kept in files of another name.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from hubao.desk.core.transactions import durable, require_open
from hubao.desk.ledger.denials import DENIED
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.queries import bodies, size
from hubao.lake.schema import ACCESS
from hubao.lake.writer import write_lake

AT_ONCE: Final = 200_000
SOURCE: Final = "desk"
_MARK: Final = "lake"
_OURS: Final = re.compile(r"desk-([0-9]{12})-([0-9]{12})\.parquet")
Actions = Mapping[str, tuple[str, Sequence[str] | None]]


def export_to_lake(folder: Path, *, actions: Actions) -> int:
    """Write what the log holds beyond the last export; returns how many accesses.

    Args:
        folder: the lake.
        actions: by the ledger's action: the lake's, and the fields it shows unless the entry says.
    """
    done, written = exported(), 0
    for path in folder.glob("month=*/desk-*.parquet"):
        begins = _OURS.fullmatch(path.name)
        if begins and int(begins.group(1)) >= done:
            _keep_unknown(path, int(begins.group(1)), int(begins.group(2)))
            path.unlink()
    end = size()
    while done < end:
        stop = min(done + AT_ONCE, end)
        written += _export(folder, done, stop, actions)
        with durable():
            Mark.objects.update_or_create(name=_MARK, defaults={"place": stop})
        done = stop
    return written


def export_anew() -> None:
    """Have the next export write everything, as after a restore: the lake may be another."""
    require_open("export_anew")
    Mark.objects.filter(name=_MARK).delete()


def exported() -> int:
    """Give the number of entries, in the log's order, that the export has come to."""
    known = Mark.objects.filter(name=_MARK).values_list("place", flat=True).first()
    return known or 0


def _keep_unknown(path: Path, first: int, last: int) -> None:
    """Keep the accesses of a file that the log, which was restored, doesn't know any more."""
    try:
        table = parquet.read_table(path, schema=ACCESS, partitioning=None)
    except (pa.ArrowException, OSError):  # torn by a power cut: the log has what it held
        return
    known = {json.loads(body)["event"] for body in bodies(last + 1, begin=first)}
    unknown = [event not in known for event in table["event"].to_pylist()]
    if any(unknown):
        rest = table.filter(pa.array(unknown))
        told = hashlib.sha256("".join(sorted(rest["event"].to_pylist())).encode()).hexdigest()
        fresh = path.with_suffix(".writing")  # a reader must never see half a file
        parquet.write_table(rest, fresh, compression="zstd")
        fresh.rename(path.with_name(f"kept-{first:012d}-{last:012d}-{told[:12]}.parquet"))


def _export(folder: Path, begin: int, end: int, actions: Actions) -> int:
    events = list(_events(begin, end, actions))
    if not events:
        return 0
    staging = folder / f".desk-{begin:012d}"
    shutil.rmtree(staging, ignore_errors=True)
    for path in write_lake(pa.Table.from_pylist(events, schema=ACCESS), staging):
        month = folder / path.parent.name
        month.mkdir(parents=True, exist_ok=True)
        path.rename(month / f"desk-{begin:012d}-{end - 1:012d}.parquet")
    shutil.rmtree(staging)
    return len(events)


def _events(begin: int, end: int, actions: Actions) -> Iterator[dict[str, Any]]:
    for body in map(json.loads, bodies(end, begin=begin)):
        of = body.get("fact.of") if body["action"] == DENIED else body["action"]
        if of not in actions or "subject" not in body:
            continue
        action, fields = actions[of]
        yield {
            "event": body["event"],
            "at": datetime.fromisoformat(body["at"]),
            "actor": body["actor"],
            "action": DENIED if body["action"] == DENIED else action,
            "policy": body["subject"],
            "fields": body.get("fact.fields", fields),
            "purpose": body.get("purpose"),
            "ticket": body.get("item"),
            "source": SOURCE,
        }
