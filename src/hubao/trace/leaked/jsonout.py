"""The leaked-file report as JSON, and the JSON Schema of it, read off the dataclasses."""

from dataclasses import asdict
from typing import Any, Final

from hubao.trace.jsonout import _schema_of as schema_of
from hubao.trace.leaked.report import LeakedReport
from hubao.trace.report import Verdict

SCHEMA_ID: Final = "urn:hubao:leaked-report:1"


def to_json(report: LeakedReport) -> dict[str, Any]:
    """The report as plain dicts, lists, numbers and strings, in the order of its fields."""
    return asdict(report)


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `to_json`; every field is required and no other is allowed."""
    defs: dict[str, Any] = {}
    schema = schema_of(LeakedReport, defs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "hubao leaked-file report",
        **schema,
        "if": {"properties": {"verdict": {"const": Verdict.SOURCE_NAMED.value}}},
        "then": {"properties": {"named": {"minItems": 1}}},
        "else": {"properties": {"named": {"maxItems": 0}}},
        "$defs": dict(sorted(defs.items())),
    }
