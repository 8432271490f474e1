"""Three years of looks: those at the desk into its ledger, those elsewhere for the feeds."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, dataset

from hubao.desk.ledger.operations import append_placed
from hubao.desk.ledger.rules import Entered, body_of
from hubao.desk.policies.catalogue import normal
from hubao.desk.policies.models import Policy
from hubao.desk.site.demo.insurer import number_of, table
from hubao.kit.parts import in_parts
from hubao.lake.schema import ACCESS
from hubao.seal.fields import Fields

Told = Callable[[int, int], None]
_AT_ONCE: Final = 10_000
_ACTIONS: Final = {"search": "policy.search", "view": "policy.open"}
_PURPOSES: Final = {"claim": "claim", "audit": "investigation"}  # all else is service


def records(folder: Path, *, fields: Fields) -> dict[str, str]:
    """Give the desk's id of each record of the simulation."""
    known = {
        bytes(index): record
        for record, index in Policy.objects.values_list("record", "policy_number_index")
    }
    found = table(folder, "policies").select(["policy", "issued"]).to_pylist()
    return {
        one["policy"]: known[fields.index(_number(one), field="policy_number")] for one in found
    }


def enter_history(access: Path, *, ids: Mapping[str, str], told: Told) -> int:
    """Append the searches and views at the desk to the ledger, the oldest first; gives how many."""
    at_desk = _log(access).filter(_is_at_desk()).to_table().sort_by("at")
    bodies = (_body(row, ids) for part in at_desk.to_batches() for row in part.to_pylist())
    done = 0
    for part in in_parts(bodies, _AT_ONCE):
        append_placed(part)
        done += len(part)
        told(done, at_desk.num_rows)
    return done


def elsewhere(access: Path) -> "dataset.Dataset":
    """Give what was seen elsewhere: in the app, by partners, in nightly jobs."""
    return _log(access).filter(~_is_at_desk())


def numbers(folder: Path) -> dict[str, str]:
    """Give the policy number on paper of each record of the simulation."""
    found = table(folder, "policies").select(["policy", "issued"]).to_pylist()
    return {one["policy"]: number_of(one["policy"], one["issued"]) for one in found}


def write_tables(folder: Path, out: Path, *, ids: Mapping[str, str]) -> None:
    """Write who was called, and strata and staff for a trace, under the desk's ids."""
    for name in ("victims", "policies"):
        known = table(folder, name)
        ours = pa.array([ids[one] for one in known["policy"].to_pylist()])
        place = known.schema.get_field_index("policy")
        flat = [one for one in known.schema.names if not pa.types.is_list(known[one].type)]
        csv.write_csv(known.set_column(place, "policy", ours).select(flat), out / f"{name}.csv")
    csv.write_csv(table(folder, "actors"), out / "actors.csv")


def _log(access: Path) -> "dataset.Dataset":
    return dataset.dataset(access, schema=ACCESS, format="parquet")


def _is_at_desk() -> "pc.Expression":
    return (pc.field("source") == "desk") & pc.field("action").isin(list(_ACTIONS))


def _body(row: Mapping[str, Any], ids: Mapping[str, str]) -> str:
    shown = row["fields"] or ["C1"]
    more = shown != ["C1"] and row["action"] == "view"
    return body_of(
        Entered(
            action="policy.reveal" if more else _ACTIONS[row["action"]],
            actor=row["actor"],
            at=row["at"],
            subject=ids[row["policy"]],
            purpose=_PURPOSES.get(row["purpose"], "service") if row["purpose"] else None,
            item=row["ticket"],
            facts={"fields": shown},
        )
    )


def _number(row: Mapping[str, Any]) -> str:
    return normal("policy_number", number_of(row["policy"], row["issued"]))
