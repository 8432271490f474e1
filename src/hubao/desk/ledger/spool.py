"""Take refusals from the local file into the ledger, each once whatever crashes in between."""

import hashlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from hubao.desk.core.transactions import durable
from hubao.desk.ledger.models import Mark
from hubao.desk.ledger.rules import Entered, is_body
from hubao.desk.ledger.steps import append_bodies, append_entry

TAKEN: Final = "ledger.spool_taken"


def first_waiting(spool: Path) -> str | None:
    """Name the first refusal that waits in the file, or that a crash left behind; None if none."""
    for path in (_batch(spool), spool):
        with suppress(FileNotFoundError), path.open("rb") as file:
            return hashlib.sha256(file.readline()).hexdigest()[:16]
    return None


def take_in_spool(spool: Path, *, by: str, at: datetime) -> int:
    """Append what the spool holds, and empty it; returns how many entries.

    The file is set aside under another name first; a batch that is in the ledger already, because
    a crash came before its file was removed, is not appended again.
    """
    batch = _batch(spool)
    if not batch.exists():
        if not spool.exists():
            return 0
        spool.rename(batch)
    raw = batch.read_bytes()
    name = f"f{hashlib.sha256(raw).hexdigest()[:40]}"
    lines = raw.decode("utf-8", "replace").splitlines()
    bodies = [line for line in lines if is_body(line)]
    with durable():
        _, is_new = Mark.objects.get_or_create(name=name, defaults={"place": len(bodies)})
        if is_new:
            append_bodies(bodies)
            facts = {"entries": len(bodies), "torn": len(lines) - len(bodies)}
            append_entry(Entered(action=TAKEN, actor=by, subject=name, at=at, facts=facts))
    batch.unlink()
    return len(bodies)


def _batch(spool: Path) -> Path:
    return spool.with_name(f"{spool.name}.taking")
