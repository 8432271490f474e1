"""Legal numbers: the value that a law or regulation sets, as it is in force on a day.

They stand in `parameters.yaml`, in which a changed law is a further entry of the same name, and are
shown in `docs/reference/legal-numbers.md`. What an insurer chooses itself isn't there.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hubao.kit.errors import HubaoError, Kind
from hubao.kit.parameter_file import Parameter, read


class UnknownParameter(HubaoError):  # noqa: N818 - says what happened, as its base does
    """No legal number has this name."""

    code = "parameters.unknown"
    kind = Kind.NOT_FOUND


class NotInForce(HubaoError):  # noqa: N818 - as above
    """A legal number has no value on that day: it is before its law, after it, or between two."""

    code = "parameters.not_in_force"
    kind = Kind.NOT_FOUND


def parameter(name: str, *, on: date) -> int:
    """Give the value of a legal number in force on a day, in the unit that its name ends in.

    Args:
        name: as in `parameters.yaml`, such as `surrender.refund_days`.
        on: the day in China; of a datetime its own calendar day, whatever its zone.

    Raises:
        UnknownParameter: there is none of this name.
        NotInForce: it has no value on that day.
    """
    return in_force(name, on=on).value


def in_force(name: str, *, on: date) -> Parameter:
    """Give a legal number with unit, source and evidence; arguments and errors as `parameter`."""
    day = date(on.year, on.month, on.day)
    versions = all_parameters().get(name)
    if versions is None:
        raise UnknownParameter(f"There is no legal number {name}: see parameters.yaml.")
    for one in versions:
        if one.covers(day):
            return one
    spans = ", ".join(one.span for one in versions)
    raise NotInForce(f"{name} has no value on {day}: it is known {spans}.")


@cache
def all_parameters() -> Mapping[str, tuple[Parameter, ...]]:
    """Give every legal number by name, with all its versions, the earliest first.

    Raises:
        BadParameters: the file can't be used.
    """
    return MappingProxyType(read(files("hubao.kit").joinpath("parameters.yaml").read_text("utf-8")))
