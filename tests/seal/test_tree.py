"""The log's tree: the published vectors, and an independent reading of RFC 9162's definitions."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubao.seal.proofs import is_consistent, is_included
from hubao.seal.tree import (
    EMPTY,
    Frontier,
    Leaves,
    Subtree,
    consistency_path,
    fold,
    inclusion_path,
    leaf_hash,
    subtrees,
)

# Certificate Transparency's reference entries, and the roots of the logs of the first 0, 1, 2, …
ENTRIES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 130)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(2**i for i in range(20) if 2**i < len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_consistency(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 2.1.4.1, word for word."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = max(2**i for i in range(20) if 2**i < len(leaves))
    if m <= k:
        return [*naive_consistency(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(m - k, leaves[k:], whole=False), naive_root(leaves[:k])]


def naive_inclusion(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = max(2**i for i in range(20) if 2**i < len(leaves))
    if m < k:
        return [*naive_inclusion(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_inclusion(m - k, leaves[k:]), naive_root(leaves[:k])]


class Grown:
    """A log grown entry by entry, with every subtree it completed."""

    def __init__(self, size: int) -> None:
        self.leaves = [leaf_hash(f"entry {i}".encode()) for i in range(size)]
        self.frontier = Frontier()
        self.stored: dict[Subtree, bytes] = {}
        self.roots = [EMPTY]
        for leaf in self.leaves:
            self.stored |= dict(self.frontier.append(leaf))
            self.roots.append(self.frontier.root())

    def hashes(self, path: Sequence[Leaves]) -> list[bytes]:
        return [fold([self.stored[one] for one in subtrees(node)]) for node in path]


@pytest.mark.parametrize("size", range(9))
def test_the_published_logs_have_the_published_roots(size: int) -> None:
    frontier = Frontier()
    for entry in ENTRIES[:size]:
        frontier.append(leaf_hash(entry))

    assert frontier.root().hex() == ROOTS[size]


@given(SIZES)
def test_a_grown_log_has_the_root_that_the_rfc_defines(size: int) -> None:
    log = Grown(size)

    assert log.frontier.root() == naive_root(log.leaves)
    assert log.frontier.size == size


@given(SIZES)
def test_stored_subtrees_give_the_root_at_every_earlier_size(size: int) -> None:
    log = Grown(size)

    assert log.hashes([Leaves(0, n) for n in range(size + 1)]) == log.roots


@given(st.data())
def test_an_entry_is_proved_to_be_in_the_log_by_the_rfcs_own_path(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    log = Grown(size)

    path = log.hashes(inclusion_path(index, size))

    assert path == naive_inclusion(index, log.leaves)
    assert is_included(
        log.leaves[index], index=index, size=size, path=path, root=log.frontier.root()
    )


@given(st.data())
def test_a_log_is_proved_to_have_only_grown_by_the_rfcs_own_path(data: st.DataObject) -> None:
    new = data.draw(SIZES)
    old = data.draw(st.integers(1, new))
    log = Grown(new)

    path = log.hashes(consistency_path(old, new))

    assert path == naive_consistency(old, log.leaves)
    assert is_consistent(
        old=old, new=new, old_root=log.roots[old], new_root=log.roots[new], path=path
    )


@given(st.data())
def test_no_other_entry_place_size_root_or_path_passes(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 60))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
    log = Grown(size)
    path, leaf, root = log.hashes(inclusion_path(index, size)), log.leaves[index], log.roots[size]
    bent = data.draw(st.integers(0, len(path) - 1))
    flipped = [sha256(one).digest() if i == bent else one for i, one in enumerate(path)]

    assert not is_included(log.leaves[other], index=index, size=size, path=path, root=root)
    assert not is_included(leaf, index=other, size=size, path=path, root=root)
    assert not is_included(leaf, index=index, size=size, path=path, root=log.roots[size - 1])
    assert not is_included(leaf, index=index, size=size, path=flipped, root=root)
    assert not is_included(leaf, index=index, size=size, path=path[:-1], root=root)
    assert not is_included(leaf, index=index, size=size, path=[*path, leaf], root=root)
    assert not is_included(leaf, index=size, size=size, path=path, root=root)


@given(st.data())
def test_a_log_that_was_rewritten_is_not_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 60))
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    log, rewritten = Grown(new), Grown(new)
    rewritten.leaves[changed] = leaf_hash(b"another")
    there = Frontier()
    for leaf in rewritten.leaves:
        rewritten.stored |= dict(there.append(leaf))
    path = rewritten.hashes(consistency_path(old, new))

    assert not is_consistent(
        old=old, new=new, old_root=log.roots[old], new_root=there.root(), path=path
    )


@given(SIZES, st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
def test_a_proof_with_more_to_it_is_none(size: int, more: list[bytes]) -> None:
    log = Grown(size + 1)
    roots = {"old_root": log.roots[size], "new_root": log.roots[size + 1]}
    path = log.hashes(consistency_path(size, size + 1))

    assert not is_consistent(old=size, new=size + 1, path=[*path, *more], **roots)
    assert not is_consistent(old=size, new=size + 1, path=path[:-1], **roots)


class TestEdges:
    def test_an_empty_log_is_the_beginning_of_any(self) -> None:
        log = Grown(3)

        assert is_consistent(old=0, new=3, old_root=EMPTY, new_root=log.roots[3], path=[])
        assert not is_consistent(
            old=0, new=3, old_root=EMPTY, new_root=log.roots[3], path=[log.roots[3]]
        )

    def test_a_log_equals_itself_and_nothing_else_of_its_size(self) -> None:
        log = Grown(3)
        same = log.roots[3]

        assert is_consistent(old=3, new=3, old_root=same, new_root=same, path=[])
        assert not is_consistent(old=3, new=3, old_root=same, new_root=log.roots[2], path=[])

    def test_a_log_never_shrank(self) -> None:
        log = Grown(3)

        assert not is_consistent(
            old=3, new=2, old_root=log.roots[3], new_root=log.roots[2], path=[]
        )

    @pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
    def test_what_is_not_in_a_log_has_no_path(self, index: int, size: int) -> None:
        with pytest.raises(ValueError, match="no entry"):
            inclusion_path(index, size)

    @pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
    def test_a_log_has_no_path_from_nothing_or_from_later(self, old: int, new: int) -> None:
        with pytest.raises(ValueError, match="grew"):
            consistency_path(old, new)

    def test_a_node_falls_into_ever_smaller_subtrees(self) -> None:
        levels = [one.level for one in subtrees(Leaves(64, 64 + 45))]

        assert levels == [5, 3, 2, 0]
        assert all(a > b for a, b in pairwise(levels))
