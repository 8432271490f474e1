"""Who acts: a person, a service or hubao itself, as plain values that every query takes."""

from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who asks or does.

    Attributes:
        id: the person's or service's, never a name.
        roles: what it may do.
        units: whose records it may see: its own and those below.
    """

    id: str
    roles: Set[str] = frozenset()
    units: Set[str] = frozenset()
