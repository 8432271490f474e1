"""Whether two reports say the same, up to the names of actors and the order of equals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from math import isfinite
from typing import Any

import pytest

from hubao.trace import Proof, Report

INPUTS = ("inputs", "version")


def figures(report: Report, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything a report says but what it was read from; actors by name, put back by `names`."""
    old = names or {}
    shown = report.evidence
    said = {
        key: value
        for key, value in asdict(report).items()
        if key not in (*INPUTS, "suspects", "evidence", "named")
    }
    rows = zip(shown.log10_e_values, shown.touched, shown.expected, strict=True)
    return {
        **said,
        "named": sorted(sorted(old.get(one, one) for one in group) for group in report.named),
        "suspects": {
            old.get(one.actor, one.actor): asdict(one)
            | {
                "actor": None,
                "same_records_as": sorted(old.get(twin, twin) for twin in one.same_records_as),
            }
            for one in report.suspects
        },
        "policies": list(shown.policies),
        "bound": shown.bound,
        "curves": {old.get(name, name): row for name, row in zip(shown.actors, rows, strict=True)},
    }


AFTER: dict[str, Any] = {
    "copied_between": None, "expected_victims_left": None, "expected_victims_left_between": None,
    "accesses_after_leaving": None, "log10_strong_e_value": None, "proof": Proof.NONE,
}  # fmt: skip


def assert_same_evidence(one: Report, other: Report, *, but: Sequence[str] = ()) -> None:
    """The same up to what rests on later openings of a record, which an index doesn't keep:
    copies as rivals in the strong rule, and what follows from the verdict."""
    assert_same(_without_after(one), _without_after(other), but=but)


def _without_after(report: Report) -> Report:
    suspects = [replace(suspect, **AFTER) for suspect in report.suspects]
    return replace(report, suspects=suspects, ask_next=[], answers_needed=None, victims_needed=None)


def assert_same(
    one: Report, other: Report, *, names: Mapping[str, str] | None = None,
    but: Sequence[str] = (),
) -> None:  # fmt: skip
    """`names` puts the other report's actors back; `but` leaves figures out of the comparison."""
    expected, found = figures(one), figures(other, names)
    for key in expected:
        if key not in but:
            _same(found[key], expected[key], key)


def _same(found: Any, expected: Any, where: str) -> None:  # noqa: ANN401 - any figure
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            _same(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for place, value in enumerate(expected):
            _same(found[place], value, f"{where}[{place}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9), where
    else:
        assert found == expected, where


def numbers(value: Any) -> list[float]:  # noqa: ANN401 - walks any report
    """Every number in a report."""
    if is_dataclass(value) and not isinstance(value, type):
        return [n for field in fields(value) for n in numbers(getattr(value, field.name))]
    if isinstance(value, list | tuple):
        return [n for one in value for n in numbers(one)]
    return [float(value)] if isinstance(value, int | float) else []


def assert_finite(report: Report) -> None:
    assert [n for n in numbers(report) if not isfinite(n)] == []
