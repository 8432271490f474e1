"""The form of `parameters.yaml`: each entry and each run of versions is checked as it is read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final, TypeVar

import yaml

from hubao.kit.errors import BadInput


class Unit(StrEnum):
    """What a number counts; its name ends in it."""

    RECORDS = "records"
    YUAN = "yuan"
    TIMES = "times"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


class Evidence(StrEnum):
    """How a number is known."""

    TEXT = "V"
    REPORT = "N"
    UNCERTAIN_COPY = "D"
    RECALLED = "R"
    WORKED_OUT = "A"


class BadParameters(BadInput):
    """The file of legal numbers can't be used: an entry isn't as it must be, or two overlap."""

    code = "parameters.bad"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number while it is, or was, in force: from its first to its last day, None is still."""

    name: str
    value: int
    unit: Unit
    source: str
    evidence: Evidence
    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether it is in force that day."""
        return self.first <= day and (self.last is None or day <= self.last)

    @property
    def span(self) -> str:
        """Say from when to when."""
        return f"from {self.first}" + (f" to {self.last}" if self.last else "")


Member = TypeVar("Member", bound=StrEnum)
_NAME: Final = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+")
_LAST: Final = "to"  # the only key that an entry may lack
_KEYS: Final[Mapping[str, tuple[type, str]]] = {
    "name": (str, "a text"),
    "value": (int, "a whole number"),
    "unit": (str, "a text"),
    "source": (str, "a text"),
    "evidence": (str, "a text"),
    "from": (date, "a day such as 2024-03-01"),
    _LAST: (date, "a day such as 2024-03-01"),
}


class _Loader(yaml.SafeLoader):
    """YAML's own takes the last of two equal keys in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            line = node.start_mark.line + 1
            raise BadParameters(f"parameters.yaml: the entry at line {line} has {twice} twice.")
        return dict(super().construct_mapping(node, deep))


def read(text: str) -> dict[str, tuple[Parameter, ...]]:
    """Read the file's text.

    Returns:
        the versions of each number, the earliest first.

    Raises:
        BadParameters: it is no YAML, an entry isn't as it must be, or two versions overlap.
    """
    found = sorted(_entries(text), key=lambda one: (one.name, one.first))
    return {name: _apart(list(versions)) for name, versions in groupby(found, lambda one: one.name)}


def _entries(text: str) -> Iterable[Parameter]:
    try:
        entries = yaml.load(text, Loader=_Loader)  # noqa: S506 - built on the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise BadParameters(f"parameters.yaml is no YAML{where}: mend it.") from error
    except ValueError as error:  # YAML makes dates of what looks like one
        raise BadParameters(f"parameters.yaml holds a day that isn't one: {error}.") from error
    if not isinstance(entries, list):
        raise BadParameters("parameters.yaml must be a list of entries, each with a dash.")
    return [_parameter(entry, number) for number, entry in enumerate(entries, start=1)]


def _parameter(entry: object, number: int) -> Parameter:
    where = f"parameters.yaml, entry {number}"
    if not isinstance(entry, dict):
        raise BadParameters(f"{where}: write it as keys and values.")
    _check_keys(entry, where)
    where = f"{where} ({entry['name']})"
    made = Parameter(
        name=entry["name"],
        value=entry["value"],
        unit=_member(Unit, entry["unit"], "unit", where),
        source=entry["source"].strip(),
        evidence=_member(Evidence, entry["evidence"], "evidence", where),
        first=entry["from"],
        last=entry.get(_LAST),
    )
    _check(made, where)
    return made


def _check_keys(entry: Mapping[object, object], where: str) -> None:
    for key in entry:
        if key not in _KEYS:
            raise BadParameters(f"{where}: {key} is no key; they are {', '.join(_KEYS)}.")
    for key, (kind, told) in _KEYS.items():
        if key not in entry:
            if key != _LAST:
                raise BadParameters(f"{where}: {key} is missing.")
        elif type(entry[key]) is not kind:  # not isinstance: True is an int, a datetime a date
            raise BadParameters(f"{where}: {key} must be {told}.")


def _check(made: Parameter, where: str) -> None:
    if not _NAME.fullmatch(made.name) or made.unit is not _unit_of(made.name):
        raise BadParameters(
            f"{where}: a name is small words with dots between, and ends in _{made.unit}."
        )
    if made.value < 1:
        raise BadParameters(f"{where}: value must be at least 1.")
    if not made.source:
        raise BadParameters(f"{where}: source must name the law and the article.")
    if made.last is not None and made.last < made.first:
        raise BadParameters(f"{where}: it ends on {made.last}, before it begins on {made.first}.")


def _unit_of(name: str) -> Unit | None:
    """Read working_days before days."""
    units = [unit for unit in Unit if name.endswith(f"_{unit}")]
    return max(units, key=len, default=None)


def _member(kind: type[Member], told: str, key: str, where: str) -> Member:
    try:
        return kind(told)
    except ValueError:
        known = ", ".join(kind)
        raise BadParameters(f"{where}: {key} must be one of {known}.") from None


def _apart(versions: list[Parameter]) -> tuple[Parameter, ...]:
    for one, following in pairwise(versions):
        if one.covers(following.first):
            raise BadParameters(
                f"parameters.yaml: {one.name} has two values on {following.first}: "
                f"end the one {one.span} before that day."
            )
    return tuple(versions)
