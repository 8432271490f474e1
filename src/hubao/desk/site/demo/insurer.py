"""The simulated insurer as the rows that imports take."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import csv, parquet

from hubao.desk.core.actor import Role
from hubao.desk.core.files import Row

TOP: Final = "head-office"
_DESK_ROLES: Final[Mapping[str, Role]] = {
    "call_centre": Role.CALLER,
    "call_supervisor": Role.SUPERVISOR,
    "team_leader": Role.SUPERVISOR,
    "claims": Role.CLERK,
    "back_office": Role.CLERK,
    "auditor": Role.COMPLIANCE,
}
_NAMES: Final[Mapping[str, str]] = {
    "agent": "代理人",
    "team_leader": "团队主管",
    "back_office": "柜员",
    "call_centre": "坐席",
    "call_supervisor": "坐席主管",
    "claims": "理赔员",
    "auditor": "审计员",
    "bank": "合作银行",
    "broker": "经纪公司",
    "marketing": "营销合作方",
    "tpa": "第三方管理人",
    "system": "系统",
    "job": "批处理",
}
_KINDS: Final = {"person": "person", "partner": "partner"}  # all else is a service account


def table(folder: Path, name: str) -> "pa.Table":
    """Read one of the insurer's tables."""
    return parquet.read_table(folder / f"{name}.parquet")


def unit_id(name: str) -> str:
    """Give a unit's id: its name without blanks."""
    return name.replace(" ", "-")


def number_of(policy: str, issued: date) -> str:
    """Give the policy number that a record of the simulation has on paper."""
    return f"PN{issued.year}{policy.removeprefix('P')}"


def unit_rows(folder: Path) -> list[Row]:
    """Give the tree of units: regions below the head office, branches and teams below these."""
    names = set(table(folder, "policies")["branch"].to_pylist())
    names |= set(table(folder, "actors")["unit"].to_pylist())
    known = {unit_id(name): name for name in names if name} | {TOP: "head office"}
    for name in list(known.values()):
        words = name.split()
        known |= {"-".join(words[:n]): " ".join(words[:n]) for n in range(1, len(words))}
    known.pop(TOP.partition("-")[0], None)
    return _rows({"unit": one, "name": known[one], "parent": _above(one)} for one in sorted(known))


def person_rows(folder: Path) -> list[Row]:
    """Give the staff, partners and systems of three years, those who left among them."""
    return _rows(_person(one) for one in table(folder, "actors").to_pylist())


def write_policies(folder: Path, path: Path) -> None:
    """Write the policies as a core system would hand them over: a CSV file, clear."""
    customers = {one["customer"]: one for one in table(folder, "customers").to_pylist()}
    values = {one["policy"]: one for one in table(folder, "policy_values").to_pylist()}
    rows = [
        _policy(one, values[one["policy"]], customers[values[one["policy"]]["customer"]])
        for one in table(folder, "policies").to_pylist()
    ]
    csv.write_csv(pa.Table.from_pylist(rows), path)


def _policy(
    policy: Mapping[str, Any], value: Mapping[str, Any], holder: Mapping[str, Any]
) -> dict[str, str]:
    return {
        "policy_number": number_of(policy["policy"], policy["issued"]),
        "unit": unit_id(policy["branch"]),
        "product": policy["product"],
        "channel": policy["channel"],
        "status": "in_force",
        "issued_on": policy["issued"].isoformat(),
        "holder_name": holder["name"],
        "identity_number": holder["identity_number"],
        "phone": holder["phone"],
        "address": holder["address"],
        "bank_account": holder["bank_card"],
        "premium": _yuan(value["premium_fen"]),
        "cash_value": _yuan(value["cash_value_fen"]),
    }


def _person(row: Mapping[str, Any]) -> dict[str, str]:
    role = _DESK_ROLES.get(row["role"])
    dates = {name: row[name].isoformat() for name in ("hired", "notice", "left") if row[name]}
    return {
        "actor": row["actor"],
        "name": f"{_NAMES[row['role']]} {row['actor']}",
        "unit": unit_id(row["unit"] or TOP),
        "kind": _KINDS.get(row["kind"], "service"),
        **({"roles": role} if role and "left" not in dates else {}),
        **dates,
    }


def _above(unit: str) -> str:
    if unit == TOP:
        return ""
    return unit.rpartition("-")[0] or TOP


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _rows(cells: Iterator[dict[str, str]]) -> list[Row]:
    return [Row(line, one) for line, one in enumerate(cells, start=2)]
