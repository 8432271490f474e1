"""Hold the entries, page by page, to all that says what they are: tree, heads, index, counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from hubao.desk.ledger.about import indexed, keys_of
from hubao.desk.ledger.counts import EVERYBODY, Key, counted, counts_of
from hubao.desk.ledger.models import About, Count
from hubao.desk.ledger.places import Placed
from hubao.desk.ledger.tree import is_stored, read_node
from hubao.seal.heads import Head
from hubao.seal.tree import Frontier, Subtree, leaf_hash


@dataclass
class Tree:
    """The tree of the entries, held to stored nodes and signed heads.

    Attributes:
        heads: the smallest first, none over fewer entries than the edge.
        edge: of the tree over entries that nobody can read again here.
    """

    heads: Sequence[Head]
    edge: Frontier = field(default_factory=Frontier)
    _held: int = 0
    _faults: list[str] = field(default_factory=list)
    _ended: bool = False

    def add(self, page: Sequence[Placed]) -> None:
        """Take the next entries; after a gap nothing more can be said of the tree."""
        for one in page:
            self._ended = self._ended or one.place != self.edge.size
            if self._ended:
                return
            self.grow(leaf_hash(one.body.encode()))

    def grow(self, leaf: bytes) -> None:
        """Take the next entry's leaf."""
        self._hold_heads()
        for node, stored in self.edge.append(leaf):
            if is_stored(node.level) and read_node(node) != stored:
                self._faults.append(_changed(node))

    def faults(self, entries: int) -> Iterator[str]:
        """Say what isn't as it should be."""
        self._hold_heads()
        yield from self._faults
        size = self.edge.size
        if size != entries:
            yield f"place {size:,} of the log is empty"
        for head in self.heads[self._held :]:
            yield f"a head of {head.size:,} entries was signed; entries are missing"

    def _hold_heads(self) -> None:
        size = self.edge.size
        while self._held < len(self.heads) and self.heads[self._held].size == size:
            if self.heads[self._held].root != self.edge.root():
                self._faults.append(f"the first {size:,} entries aren't those of a signed head")
            self._held += 1


class FoundBy:
    """The index: people find every entry by what it says, and by nothing else."""

    def __init__(self) -> None:
        self._done = indexed()
        self._keys = self._there = 0

    def add(self, page: Sequence[Placed]) -> None:
        """Take the next entries."""
        keys = [
            (key, one.entry) for one in page if one.place < self._done for key in keys_of(one.body)
        ]
        self._keys += len(keys)
        self._there += _there(keys)

    def faults(self, _entries: int) -> Iterator[str]:
        """Say what isn't as it should be."""
        missing, more = self._keys - self._there, About.objects.count() - self._there
        if missing or more:
            yield (
                f"{missing:,} entries can't be found by what they say,"
                f" {more:,} by what they don't say"
            )


class Counts:
    """The days' counts of everybody.

    Args:
        after: a day; only those after it are looked at. None for all.
    """

    def __init__(self, after: date | None = None) -> None:
        self._after = after or date.min
        self._done = counted()
        self._wanted = Counter[Key]()

    def add(self, page: Sequence[Placed]) -> None:
        """Take the next entries."""
        bodies = (one.body for one in page if one.place < self._done)
        some = counts_of(bodies, lambda _: {})
        self._wanted.update({key: n for key, n in some.items() if key[0] == EVERYBODY})

    def faults(self, _entries: int) -> Iterator[str]:
        """Say what isn't as it should be."""
        if Count._meta.db_table not in connection.introspection.table_names():
            return  # a backup from before there were counts, restored and not migrated yet
        rows = Count.objects.filter(of=EVERYBODY, day__gt=self._after)
        have = {
            (of, day, what): number
            for of, day, what, number in rows.values_list("of", "day", "what", "number")
        }
        wanted = {key: number for key, number in self._wanted.items() if key[1] > self._after}
        wrong = sum(wanted.get(key) != have.get(key) for key in {*have, *wanted})
        if wrong:
            yield f"{wrong:,} counts of a day aren't those of its entries"


def _changed(node: Subtree) -> str:
    width = 1 << node.level
    first, last = node.place * width, (node.place + 1) * width - 1
    return f"the stored tree isn't that of the entries at places {first:,} to {last:,}"


def _there(keys: Sequence[tuple[str, int]]) -> int:
    if not keys:
        return 0
    pairs = ", ".join(["(%s, %s)"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ledger_about WHERE (key, entry) IN (VALUES {pairs})",  # noqa: S608
            [part for key in keys for part in key],
        )
        return int(cursor.fetchone()[0])
