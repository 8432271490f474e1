"""Check proofs that an entry is in a log, and that a log only grew: RFC 9162 2.1.3.2 and 2.1.4.2.

Written from the RFC's own algorithms and sharing nothing with `tree` but the two hashes, so that
neither can hide a fault of the other.
"""

from collections.abc import Sequence

from hubao.seal.tree import node_hash


def is_included(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path proves that a leaf stands at an index of the log with this root.

    Args:
        leaf: the entry's leaf hash.
        index: the entry's, from 0.
        size: entries of the log.
        path: hashes of the nodes of `tree.inclusion_path`, from the leaf upwards.
        root: the log's at that size.
    """
    if not 0 <= index < size:
        return False
    number, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while not number & 1 and number != 0:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    *, old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether a path proves that the log of `new` entries begins with that of `old` entries.

    Args:
        old, new: entries then and now; an empty log is the beginning of any.
        old_root, new_root: the log's roots at these sizes.
        path: hashes of the nodes of `tree.consistency_path`.
    """
    if old > new or old < 0:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not nodes:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not number & 1 and number != 0:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, node)
        number, last = number >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
