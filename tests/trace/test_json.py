"""The report as JSON, and its schema."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from hubao.trace.jsonout import json_schema, to_json
from hubao.trace.report import Report, Verdict
from tests.makers import reports

ORDER = [
    "verdict", "named", "suspects", "background_share", "victims_needed", "alpha", "strata",
    "inputs", "version",
]  # fmt: skip
SUSPECT_ORDER = [
    "actor", "posterior", "share", "log10_e_value", "log10_strong_e_value", "proof",
    "victims_touched", "victims_expected", "exposure", "g_star", "same_records_as",
    "copied_between", "expected_victims_left",
]  # fmt: skip


def as_read(report: Report) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(to_json(report), allow_nan=False))
    return told


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(json_schema())

    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", reports.every_report())
def test_every_report_meets_the_schema(kind: str) -> None:
    told = as_read(reports.every_report()[kind])

    Draft202012Validator(json_schema()).validate(told)

    assert told["version"] == "0.1.0"


def test_fields_come_in_the_published_order() -> None:
    told = as_read(reports.named_source())

    assert [name for name in told if name in ORDER] == ORDER
    assert [name for name in told["suspects"][0] if name in SUSPECT_ORDER] == SUSPECT_ORDER


def test_what_is_not_computed_is_null() -> None:
    told = as_read(reports.report())["suspects"][0]

    assert told["copied_between"] is None
    assert told["log10_strong_e_value"] is None


def test_dates_of_the_copy_are_a_pair() -> None:
    suspect = reports.suspect(copied_between=("2026-03-03", "2026-03-09"))
    told = as_read(reports.report(suspects=[suspect]))

    Draft202012Validator(json_schema()).validate(told)

    assert told["suspects"][0]["copied_between"] == ["2026-03-03", "2026-03-09"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("alpha", 0), ("background_share", 1.2), ("verdict", "guilty"), ("family", "many"),
     ("named", [["agent-0001"]]), ("surprise", 1)],
)  # fmt: skip
def test_the_schema_refuses_what_no_report_says(field: str, value: object) -> None:
    told = as_read(reports.report()) | {field: value}

    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema()).validate(told)


def test_the_schema_wants_every_field() -> None:
    told = as_read(reports.report())
    del told["victims"]["used"]

    with pytest.raises(ValidationError, match="used"):
        Draft202012Validator(json_schema()).validate(told)


def test_a_named_verdict_without_a_name_is_refused() -> None:
    told = as_read(replace(reports.report(), verdict=Verdict.SOURCE_NAMED))

    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema()).validate(told)


def test_fields_are_described_from_the_dataclasses() -> None:
    schema = json_schema()

    assert schema["properties"]["alpha"]["description"].startswith("bound on the chance")
    assert "hidden targeting" in schema["$defs"]["Suspect"]["properties"]["g_star"]["description"]


def test_numbers_of_the_numeric_library_become_plain_ones() -> None:
    suspect = reports.suspect(victims_touched=np.int64(3), posterior=np.float64(0.25))
    evidence = reports.evidence(["a"], np.array([[True]]), exposure=0.1)
    seen = replace(evidence, touched=[[np.bool_(True)]])  # type: ignore[list-item]
    report = reports.report(suspects=[suspect], evidence=seen)

    told = as_read(report)

    assert told["suspects"][0]["victims_touched"] == 3
    assert told["evidence"]["touched"] == [[True]]


def test_a_number_that_json_cannot_hold_is_named() -> None:
    suspect = reports.suspect(log10_e_value=float("-inf"))

    with pytest.raises(ValueError, match=r"report\.suspects\.log10_e_value is -inf"):
        to_json(reports.report(suspects=[suspect]))
