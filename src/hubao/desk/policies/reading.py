"""A file of policies read, checked and encrypted, part by part, in a process of its own.

Nothing here reaches Django: the process that writes is the one that knows the database.
"""

import marshal
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import starmap
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import ClassVar, Final

from hubao.desk.core.files import Given, Row, rows
from hubao.desk.core.ids import POLICY, new_id
from hubao.desk.policies.rows import NEEDED, OPTIONAL, BadPolicy, policy_of
from hubao.desk.policies.sealing import Clear, Sealed, seal
from hubao.kit.parts import in_parts
from hubao.seal.fields import Fields
from hubao.seal.keyset import Keyset

AT_ONCE: Final = 2_500  # rows of a part
_AHEAD: Final = 8  # parts that are read and encrypted while others are written
_NONE: Final = marshal.dumps([])


@dataclass(frozen=True)
class Part:
    """Some rows of a file.

    Attributes:
        rows: how many, usable or not.
        packed: those that are usable, each encrypted under a new record id; none if an earlier
            run took the part in. Packed by marshal, which is several times as fast as pickle.
        rejects: line and reason of each of the others.
        read: bytes of the file read so far.
        done: whether an earlier run took it in.
    """

    rows: int
    packed: bytes
    rejects: Sequence[tuple[int, str]]
    read: int
    done: bool = False

    def sealed(self) -> Sequence[Sealed]:
        """Give the usable rows, encrypted."""
        return list(starmap(Sealed, marshal.loads(self.packed)))  # noqa: S302 - our own process's

    def __repr__(self) -> str:  # in no log and no traceback
        return f"Part(rows={self.rows})"


def parts(
    file: Given, *, units: frozenset[str], keyset: Keyset, done: int = 0
) -> Iterator[Sequence[Part]]:
    """Give a file's parts in order: one, and with it what else is ready.

    So the writer commits often while it waits for parts, and many at once while they wait for it.

    Args:
        file: with the columns of NEEDED and OPTIONAL.
        units: those that are known.
        keyset: to encrypt with; the other process hears it over its pipe.
        done: rows that an earlier run took in; parts within them are checked again, no more.

    Raises:
        BadInput: the file as a whole can't be used.
    """
    told = (file, units, keyset, done)
    with ProcessPoolExecutor(1, get_context("spawn"), _Reader.begin, told) as pool:
        waiting = deque[Future[Part | None]]()
        while True:
            waiting.extend(pool.submit(_Reader.next) for _ in range(_AHEAD - len(waiting)))
            ready = _ready(waiting)
            if not ready:
                return
            yield ready


def _ready(waiting: "deque[Future[Part | None]]") -> list[Part]:
    found = [waiting.popleft().result()]
    while waiting and waiting[0].done():
        found.append(waiting.popleft().result())
    return [part for part in found if part is not None]


class _Reader:
    """The other process: one file, from its beginning to its end."""

    _parts: ClassVar[Iterator[Part]]

    @classmethod
    def begin(cls, file: Given, units: frozenset[str], keyset: Keyset, done: int) -> None:
        Thread(target=_end_with_parent, daemon=True).start()
        cls._parts = _read(file, units, Fields(keyset), done)

    @classmethod
    def next(cls) -> Part | None:
        return next(cls._parts, None)


def _end_with_parent() -> None:
    """End, with the keys, when the process that writes was killed: the pool would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read(file: Given, units: frozenset[str], fields: Fields, done: int) -> Iterator[Part]:
    read = 0

    def told(size: int) -> None:
        nonlocal read
        read = size

    found = rows(file, needed=NEEDED, optional=OPTIONAL, told=told)
    for part in in_parts(found, AT_ONCE):
        policies, rejects = _checked(part, units)
        before = done >= len(part)
        done -= len(part)
        if before:
            yield Part(len(part), _NONE, rejects, read, done=True)
            continue
        sealed = [tuple(seal(one, record=new_id(POLICY), fields=fields)) for one in policies]
        yield Part(len(part), marshal.dumps(sealed), rejects, read)


def _checked(
    part: Sequence[Row], units: frozenset[str]
) -> tuple[list[Clear], list[tuple[int, str]]]:
    policies, rejects = list[Clear](), list[tuple[int, str]]()
    for row in part:
        try:
            if row.fault is not None:
                raise BadPolicy(row.fault)
            policies.append(policy_of(row.cells, units=units))
        except BadPolicy as bad:
            rejects.append((row.line, bad.message))
    return policies, rejects
