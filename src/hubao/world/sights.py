"""Who saw what first, kept on disk: a large world's pairs of actor and record outgrow memory."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hubao.world.leaks import Seen
from hubao.world.model import Bools, Events, Ints

_POLICIES = 1 << 40  # more than there can be; actors times this still fits an int64
_COLUMNS = ("actor", "policy", "at")


def keep_first_seen(
    months: Iterable[Events], folder: Path, *, actors: int, groups: int = 1
) -> Seen:
    """Keep the first access of each actor to each policy, in files.

    Args:
        months: ordinary work; sorted by time, part by part and within each.
        folder: where the files go, for as long as the answer is used; empty at first.
        actors: how many actors the world has.
        groups: into how many groups the actors are cut; only one group's first sights of each
            month are in memory at a time.

    Returns:
        Seen, as `work.seen.first_seen` gives it; its columns are mapped from the files.

    Raises:
        OSError: no room on the disk.
    """
    edges = np.arange(groups + 1) * actors // groups
    sorted_out = [folder / f"group-{number}" for number in range(groups)]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in sorted_out]
        for month in months:
            _sort_out(month, edges * _POLICIES, files)
    with ExitStack() as stack:
        columns = [stack.enter_context((folder / name).open("wb")) for name in _COLUMNS]
        for path in sorted_out:
            _append(path, columns)
            path.unlink()
    return Seen(*(_mapped(folder / name) for name in _COLUMNS))


def _sort_out(month: Events, edges: Ints, files: Sequence[BinaryIO]) -> None:
    """Write the month's first sights to the files of their actors' groups, as (key, at) rows."""
    key, at = _first(month.actor * _POLICIES + month.policy, month.at)
    cuts = np.searchsorted(key, edges)
    for file, low, high in zip(files, cuts[:-1], cuts[1:], strict=True):
        np.stack([key[low:high], at[low:high]], axis=1).tofile(file)


def _append(group: Path, columns: Sequence[BinaryIO]) -> None:
    rows = np.fromfile(group, dtype=np.int64).reshape(-1, 2)
    key, at = _first(rows[:, 0], rows[:, 1])
    for column, file in zip((*np.divmod(key, _POLICIES), at), columns, strict=True):
        column.tofile(file)


def _first(key: Ints, at: Ints) -> tuple[Ints, Ints]:
    """The first of each key, by key; rows are in order of time."""
    order = np.argsort(key, kind="stable")
    key = key[order]
    new: Bools = np.diff(key, prepend=-1) != 0
    return key[new], at[order[new]]


def _mapped(path: Path) -> Ints:
    if path.stat().st_size == 0:  # nothing can't be mapped
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.memmap(path, dtype=np.int64, mode="r"))
