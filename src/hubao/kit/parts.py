"""Many things taken some at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def in_parts(things: Iterable[_T], most: int) -> Iterator[list[_T]]:
    """Give things in lists of so many, in order; the last may be shorter, none is empty."""
    waiting = iter(things)
    while part := list(islice(waiting, most)):
        yield part
