"""Sealed segments: what was sealed comes back, verifies by itself, and can be forgotten."""

import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hubao.seal.heads import Head, sign
from hubao.seal.segments import (
    BadSegment,
    Frame,
    Kept,
    PersonKey,
    coded,
    frontier_before,
    is_under_head,
    read_entries,
    read_frame,
    seal_entry,
    write_segment,
)
from hubao.seal.tree import Frontier, consistency_path, leaf_hash
from tests.seal.test_tree import naive_root

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LI, WANG = PersonKey.new(), PersonKey.new()
KEYS: Mapping[str, PersonKey] = {LI.token: LI, WANG.token: WANG}
BODIES = [f'{{"actor":"li","event":"e{n}"}}' for n in range(13)]


def written(
    folder: Path, begin: int = 4, end: int = 8, people: Sequence[PersonKey] = (LI,)
) -> Path:
    """A segment of a log of 13 entries."""
    leaves = [leaf_hash(body.encode()) for body in BODIES]
    head = Head("test/ledger", len(BODIES), naive_root(leaves), datetime(2026, 11, 26, tzinfo=UTC))
    edge = Frontier()
    edge.extend(leaves[:begin])
    path = [naive_root(leaves[slice(*one)]) for one in consistency_path(end, len(BODIES))]
    frame = Frame(begin, end, coded(edge.peaks), coded(path), sign(head, KEY))
    file = folder / "segment.jsonl.gz"
    write_segment(file, frame, (seal_entry(body, people) for body in BODIES[begin:end]))
    return file


def entries(path: Path, keys: Mapping[str, PersonKey] = KEYS) -> list[Kept]:
    return list(read_entries(path, keys.get))


def holds(path: Path, found: Sequence[Kept]) -> bool:
    edge = frontier_before(read_frame(path))
    for one in found:
        edge.append(one.leaf)
    return is_under_head(read_frame(path), edge, KEY.public_key())


@given(begin=st.integers(0, 12), length=st.integers(1, 13))
def test_what_was_sealed_comes_back_and_is_under_the_head(
    tmp_path_factory: pytest.TempPathFactory, begin: int, length: int
) -> None:
    end = min(begin + length, len(BODIES))
    path = written(tmp_path_factory.mktemp("s"), begin, end)

    found = entries(path)

    assert [one.body for one in found] == BODIES[begin:end]
    assert holds(path, found)


@pytest.mark.parametrize("gone", [LI, WANG], ids=["who did it", "whom it was done to"])
def test_either_persons_key_destroyed_leaves_a_hash_that_verifies(
    tmp_path: Path, gone: PersonKey
) -> None:
    path = written(tmp_path, people=(LI, WANG))

    found = entries(path, {token: key for token, key in KEYS.items() if token != gone.token})

    assert [one.body for one in found] == [None] * 4
    assert holds(path, found)


def test_nothing_of_an_entry_stands_in_the_file(tmp_path: Path) -> None:
    text = gzip.decompress(written(tmp_path).read_bytes())

    assert b"event" not in text
    assert b'"li"' not in text


def changed(path: Path, change: Sequence[tuple[bytes, bytes]]) -> Path:
    text = gzip.decompress(path.read_bytes())
    for old, new in change:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_bytes(gzip.compress(text))
    return path


def test_an_entry_that_was_changed_is_refused(tmp_path: Path) -> None:
    lines = gzip.decompress(written(tmp_path).read_bytes()).splitlines(keepends=True)
    swapped = gzip.compress(
        b"".join([lines[0], lines[2].replace(lines[2][10:40], lines[1][10:40])])
    )
    (tmp_path / "segment.jsonl.gz").write_bytes(swapped)

    with pytest.raises(BadSegment, match="line 2 isn't what was sealed"):
        entries(tmp_path / "segment.jsonl.gz")


@pytest.mark.parametrize("lacking", [1, 2])
def test_one_that_lacks_entries_or_has_them_in_another_order_is_not_under_the_head(
    tmp_path: Path, lacking: int
) -> None:
    path = written(tmp_path)
    found = entries(path)

    assert not holds(path, found[:-lacking])
    assert not holds(path, found[::-1])


def test_another_place_is_not_under_the_head(tmp_path: Path) -> None:
    path = changed(written(tmp_path), [(b'"begin": 4', b'"begin": 8'), (b'"end": 8', b'"end": 12')])

    assert not holds(path, entries(path))


def test_hashes_that_fit_no_such_log_are_refused(tmp_path: Path) -> None:
    path = changed(written(tmp_path), [(b'"begin": 4', b'"begin": 5')])

    with pytest.raises(BadSegment, match="1 hashes aren't those of 5 entries"):
        holds(path, entries(path))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no gzip", "can't be read as a sealed segment"),
        (gzip.compress(b"[]\n"), "isn't a sealed segment"),
        (gzip.compress(b""), "isn't a sealed segment"),
        (gzip.compress(b'{"format": "hubao-segment-1"}\n'), "isn't a sealed segment"),
    ],
    ids=["no gzip", "no object", "empty", "no frame"],  # not by a content that has the time in it
)
def test_what_is_no_segment_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)

    with pytest.raises(BadSegment, match=says):
        read_frame(path)


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(BadSegment, match="another copy"):
        entries(path)


def test_a_later_form_is_named(tmp_path: Path) -> None:
    path = changed(written(tmp_path), [(b"hubao-segment-1", b"hubao-segment-2")])

    with pytest.raises(BadSegment, match="has the form hubao-segment-2"):
        read_frame(path)


def test_secrets_are_in_no_text_of_a_key() -> None:
    assert LI.secret.hex() not in repr(LI)
    assert str(LI.secret) not in repr(LI)
