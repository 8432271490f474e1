"""The trace report as JSON, and the JSON Schema of it, both read off the dataclasses."""

import dataclasses
import inspect
import math
import numbers
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import numpy as np

from hubao.trace.report import Report, Verdict

SCHEMA_ID: Final = "urn:hubao:trace-report:1"
_SHARE: Final = {"minimum": 0, "maximum": 1}
_PLAIN: Final[dict[object, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}
_COUNT: Final = {"minimum": 0}
_LIMITS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("Report", "background_share"): _SHARE,
    ("Report", "alpha"): {"exclusiveMinimum": 0, "exclusiveMaximum": 1},
    ("Report", "victims_needed"): _COUNT,
    ("Report", "victims_needed_targeted"): _COUNT,
    ("Report", "largest_share"): _SHARE,
    ("Report", "family"): _COUNT,
    ("Report", "records"): _COUNT,
    ("Suspect", "posterior"): _SHARE,
    ("Suspect", "share"): _SHARE,
    ("Suspect", "exposure"): _SHARE,
    ("Suspect", "victims_touched"): _COUNT,
    ("Suspect", "victims_expected"): _COUNT,
    ("Suspect", "g_star"): {"minimum": 1},
    ("Suspect", "expected_victims_left"): _COUNT,
    ("Suspect", "accesses_after_leaving"): _COUNT,
    ("Report", "answers_needed"): _COUNT,
    ("VictimCounts", "rows"): _COUNT,
    ("VictimCounts", "merged"): _COUNT,
    ("VictimCounts", "used"): _COUNT,
    ("VictimCounts", "chosen"): _COUNT,
    ("VictimCounts", "doubted"): _COUNT,
    ("VictimCounts", "ordered_by"): {"enum": ["reported_at", "file"]},
    ("Stratum", "records"): _COUNT,
    ("Stratum", "victims"): _COUNT,
    ("Input", "rows"): _COUNT,
    ("Input", "rejected"): _COUNT,
    ("Input", "sha256"): {"pattern": "^[0-9a-f]{64}$"},
}

Json = dict[str, Any]


def to_json(report: Report) -> Json:
    """The report as plain dicts, lists, numbers and strings, in the order of its fields.

    Raises:
        ValueError: a number in it is not finite, which JSON can't hold; it names the field.
    """
    return _object(report, "report")


def _object(thing: object, where: str) -> Json:
    names = [field.name for field in dataclasses.fields(cast("Any", thing))]
    return {name: _value(getattr(thing, name), f"{where}.{name}") for name in names}


def _value(value: object, where: str) -> object:
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _finite(float(value), where)
    if isinstance(value, Iterable):
        return [_value(entry, where) for entry in value]
    return _object(value, where)


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{where} is {value}: a report holds finite numbers only")
    return value


def json_schema() -> Json:
    """JSON Schema 2020-12 of `to_json`; every field is required and no other is allowed."""
    defs: Json = {}
    schema = _schema_of(Report, defs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "hubao trace report",
        **schema,
        "if": {"properties": {"verdict": {"const": Verdict.SOURCE_NAMED.value}}},
        "then": {"properties": {"named": {"minItems": 1}}},
        "else": {"properties": {"named": {"maxItems": 0}}},
        "$defs": dict(sorted(defs.items())),
    }


def _schema_of(cls: type, defs: Json) -> Json:
    hints, told = get_type_hints(cls), _attributes(cls)
    fields = {name: _field(cls.__name__, name, hint, defs) for name, hint in hints.items()}
    for name in told.keys() & fields.keys():
        fields[name]["description"] = told[name]
    return {
        "type": "object",
        "description": _summary(cls),
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _field(owner: str, name: str, hint: object, defs: Json) -> Json:
    optional = NoneType in get_args(hint)
    schema = _shape(_without_none(hint), defs) | _LIMITS.get((owner, name), {})
    if not optional:
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


def _shape(hint: object, defs: Json) -> Json:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        defs[hint.__name__] = _schema_of(hint, defs)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if get_origin(hint) is Sequence:
        return {"type": "array", "items": _shape(get_args(hint)[0], defs)}
    if get_origin(hint) is tuple:
        items = [_shape(item, defs) for item in get_args(hint)]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [member.value for member in hint]}
    return {"type": _PLAIN[hint]}


def _without_none(hint: object) -> object:
    if get_origin(hint) is not UnionType:
        return hint
    return next(part for part in get_args(hint) if part is not NoneType)


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _attributes(cls: type) -> dict[str, str]:
    """Field descriptions from the docstring's `Attributes:`; fields sharing a line get none."""
    _, _, block = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", block, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in entries}
