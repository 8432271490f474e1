"""The canonical columns of an access event and of the tables that go with it."""

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

_UTC = pa.timestamp("us", tz="UTC")


def _column(name: str, type_: "pa.DataType", doc: str, *, needed: bool = False) -> "pa.Field":
    return pa.field(name, type_, nullable=not needed, metadata={"doc": doc})


ACCESS = pa.schema(
    [
        _column("event", pa.string(), "unique id; importing it twice counts once"),
        _column("at", _UTC, "when", needed=True),
        _column("actor", pa.string(), "person, partner, file, job or system account", needed=True),
        _column(
            "action",
            pa.string(),
            "view, search, edit, print, export, share, api or denied; null = seen in some way",
        ),
        _column("policy", pa.string(), "the record's internal id, never in clear", needed=True),
        _column("fields", pa.list_(pa.string()), "field classes or names shown; null = unknown"),
        _column("purpose", pa.string(), "why"),
        _column("ticket", pa.string(), "for which work item"),
        _column("source", pa.string(), "from where"),
        _column("batch", pa.string(), "in which export"),
    ]
)
VICTIMS = pa.schema(
    [
        _column("policy", pa.string(), "the record of the reported contact", needed=True),
        _column("contacted_at", _UTC, "when the stranger made contact"),
        _column("reported_at", _UTC, "when the contact was reported to the insurer"),
        _column("confidence", pa.float64(), "chance, 0 to 1, that the contact used leaked data"),
        _column("fields_quoted", pa.string(), "which fields the stranger knew, as in C1;C2"),
        _column("asked_because", pa.string(), "why the policyholder was asked, if they were"),
    ]
)
POLICIES = pa.schema(
    [
        _column("policy", pa.string(), "the record's internal id; any further columns are strata"),
        _column("issued", _UTC, "when it was issued; before that it is not at risk"),
    ]
)
ACTORS = pa.schema(
    [
        _column("actor", pa.string(), "its name in the access log", needed=True),
        _column("kind", pa.string(), "person, partner, file, job or system"),
        _column("unit", pa.string(), "where it belongs"),
        _column("role", pa.string(), "what it does"),
        _column("hired", _UTC, "first day of work"),
        _column("notice", _UTC, "when it gave or was given notice"),
        _column("left", _UTC, "last day of work"),
    ]
)
IDENTITIES = pa.schema(
    [
        _column("login", pa.string(), "an account's name in the access log", needed=True),
        _column("actor", pa.string(), "whose account it is", needed=True),
    ]
)
TABLES: "Mapping[str, pa.Schema]" = {
    "access": ACCESS,
    "victims": VICTIMS,
    "policies": POLICIES,
    "actors": ACTORS,
    "identities": IDENTITIES,
}
