"""Access logs of any size for timing: written as a stream, in bounded memory, with one source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START = np.datetime64("2024-01-01T00:00:00", "us")
SPAN = 2 * 365 * 86_400 * 1_000_000  # two years in microseconds
CHUNK = 1_000_000
VICTIMS = 500
SYSTEMS = 3  # accounts that do 5 % of all rows each, over every policy
LEAK_ENDS = 0.75  # share of the two years; all contacts come after
REPEATS = 3  # rows per actor and policy, about
SCRAMBLE = 2_147_483_647  # prime, so neighbours in a portfolio are no neighbours in the book
_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")),
        ("actor", pa.string()),
        ("action", pa.string()),
        ("policy", pa.string()),
    ]
)


@dataclass(frozen=True)
class Volume:
    """A generated log and what is true of it.

    Attributes:
        access: Parquet, sorted by time, one row group per million rows.
        victims: CSV of policy, contacted_at, reported_at; 500 rows, half from the source.
        source: the actor that the records came from.
    """

    access: Path
    victims: Path
    source: str


@dataclass(frozen=True)
class _Crowd:
    """How actors draw: cumulative chance, and each one's window of policies."""

    cumulative: Floats
    first: Ints
    window: Ints
    policies: int


def write_volume(
    path: Path, *, rows: int, actors: int, policies: int, seed: int, victims: Path
) -> Volume:
    """Write `rows` access events over two years, and a list of 500 victims.

    Actors are heavy-tailed, each with its own window of policies; three systems see every
    policy. The last actor is the source: it views at least 500 records, once each.

    Args:
        path: Parquet file to write.
        rows: number of events, at least 8,000.
        actors: number of actors, the source included.
        policies: number of policies, at least 1,000.
        seed: the same seed gives the same rows.
        victims: CSV file to write.
    """
    rng = np.random.default_rng(seed)
    crowd = _crowd(rng, rows=rows, actors=actors, policies=policies)
    leaked = rng.choice(policies, size=max(VICTIMS, policies // 1_000), replace=False)
    with parquet.ParquetWriter(path, _SCHEMA, compression="zstd") as to:
        for chunk in _chunks(rng, crowd, leaked, rows):
            to.write_batch(chunk, row_group_size=CHUNK)
    csv.write_csv(_victims(rng, leaked, policies), victims)
    return Volume(access=path, victims=victims, source=f"A{actors - 1:07d}")


def _crowd(rng: np.random.Generator, *, rows: int, actors: int, policies: int) -> _Crowd:
    others = actors - 1  # the source draws nothing here
    weight = rng.permutation((np.arange(others) + 10.0) ** -0.8)
    weight /= weight.sum()
    systems = rng.choice(others, size=SYSTEMS, replace=False)
    weight[systems] = 0.05 / (1 - 0.05 * SYSTEMS)
    weight /= weight.sum()
    window = np.clip(weight * rows / REPEATS, 3, policies).astype(np.int64)
    window[systems] = policies
    return _Crowd(np.cumsum(weight), rng.integers(policies, size=others), window, policies)


def _chunks(
    rng: np.random.Generator, crowd: _Crowd, leaked: Ints, rows: int
) -> Iterator["pa.RecordBatch"]:
    size = min(CHUNK, rows // 8)
    edges = np.append(np.arange(0, rows, size), rows)
    with_leak = edges[:-1] < LEAK_ENDS * rows - size
    portions = iter(np.array_split(leaked, int(with_leak.sum())))
    for begin, end, leaks in zip(edges[:-1], edges[1:], with_leak, strict=True):
        yield _chunk(rng, crowd, next(portions) if leaks else leaked[:0], (begin, end, rows))


def _chunk(
    rng: np.random.Generator, crowd: _Crowd, leaked: Ints, span: tuple[int, int, int]
) -> "pa.RecordBatch":
    begin, end, rows = span
    n = end - begin
    drawn = np.searchsorted(crowd.cumulative, rng.random(n), side="right")
    actor = np.minimum(drawn, len(crowd.window) - 1)
    step = (rng.random(n) * crowd.window[actor]).astype(np.int64)
    policy = (crowd.first[actor] + step) * SCRAMBLE % crowd.policies
    mine = rng.choice(n, size=len(leaked), replace=False)
    actor[mine], policy[mine] = len(crowd.window), leaked
    low, high = int(begin / rows * SPAN), int(end / rows * SPAN)
    at = START + np.sort(rng.integers(low, high, size=n))
    action = pa.array(["view", "search", "edit"]).take(rng.choice(3, size=n, p=[0.8, 0.15, 0.05]))
    return pa.record_batch(
        [pa.array(at, _SCHEMA.field("at").type), _ids("A", actor, 7), action, _ids("P", policy, 8)],
        schema=_SCHEMA,
    )


def _victims(rng: np.random.Generator, leaked: Ints, policies: int) -> "pa.Table":
    from_source = rng.choice(leaked, size=VICTIMS // 2, replace=False)
    drawn = rng.integers(policies, size=8 * VICTIMS)  # a few times too many, for the doubles
    others = np.array(list(dict.fromkeys(drawn[~np.isin(drawn, from_source)].tolist())))
    cold = others[: VICTIMS - len(from_source)]
    contacted = np.sort(rng.integers(int(LEAK_ENDS * SPAN), SPAN, size=VICTIMS))
    reported = contacted + rng.integers(3_600 * 10**6, 86_400 * 10**6, size=VICTIMS)
    order = np.argsort(reported, kind="stable")
    policy = rng.permutation(np.concatenate([from_source, cold]))
    moment = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "policy": _ids("P", policy[order], 8),
            "contacted_at": pa.array(START + contacted[order], moment),
            "reported_at": pa.array(START + reported[order], moment),
        }
    )


def _ids(prefix: str, numbers: Ints, width: int) -> "pa.Array":
    """Spell numbers as ids of one width; built as bytes, as 10^8 Python strings take too long."""
    spelled = np.empty((len(numbers), width + 1), dtype=np.uint8)
    spelled[:, 0] = ord(prefix)
    rest = numbers.astype(np.int64)
    for place in range(width, 0, -1):
        rest, digit = np.divmod(rest, 10)
        spelled[:, place] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * (width + 1)
    return pa.StringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets), pa.py_buffer(spelled.ravel())
    )
