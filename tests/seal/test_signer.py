"""The signer signs a log that grew, and nothing else, whoever asks."""

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubao.seal.heads import Head, read_signed
from hubao.seal.signer import Refused, Signer, SignerServer, question, read_answer
from hubao.seal.tree import (
    Leaves,
    Subtree,
    consistency_path,
    fold,
    leaf_hash,
    node_hash,
    subtrees,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
NAME = "insurer.example/ledger"


class Log:
    """A log of so many entries, and its proofs; `other` makes one with other entries."""

    def __init__(self, size: int, other: str = "") -> None:
        self.size = size
        self.leaves = [leaf_hash(f"{other}{i}".encode()) for i in range(size)]

    def perfect(self, subtree: Subtree) -> bytes:
        hashes = self.leaves[subtree.place << subtree.level : (subtree.place + 1) << subtree.level]
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[i : i + 2]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    def over(self, node: Leaves) -> bytes:
        return fold([self.perfect(one) for one in subtrees(node)])

    def hashes(self, old: int) -> list[bytes]:
        if old in (0, self.size):
            return []
        return [self.over(node) for node in consistency_path(old, self.size)]

    def head(self, hours: int = 0, name: str = NAME) -> Head:
        return Head(name, self.size, self.over(Leaves(0, self.size)), NOON + timedelta(hours=hours))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(KEY, NAME, tmp_path / "memory" / "last.txt")


def test_a_log_that_grows_is_signed_again_and_again(signer: Signer) -> None:
    old = 0
    for hours, size in enumerate((0, 3, 3, 8, 13)):
        log = Log(size)

        note = signer.sign(log.head(hours), log.hashes(old))

        assert read_signed(note, KEY.public_key()) == log.head(hours)
        assert signer.last == note
        old = size


@pytest.mark.parametrize(
    ("log", "hours"),
    [(Log(13, other="x"), 1), (Log(7), 1), (Log(8, other="x"), 1), (Log(13), -1)],
    ids=["rewritten", "shortened", "exchanged", "earlier"],
)
def test_no_other_log_is_signed(signer: Signer, log: Log, hours: int) -> None:
    note = signer.sign(Log(8).head(), [])

    with pytest.raises(Refused) as refused:
        signer.sign(log.head(hours), log.hashes(min(8, log.size)))

    assert refused.value.last == signer.last == note


def test_growth_must_be_proved(signer: Signer) -> None:
    signer.sign(Log(8).head(), [])

    with pytest.raises(Refused, match="8 entries signed before"):
        signer.sign(Log(13).head(1), [])


def test_a_head_of_another_log_is_not_signed(signer: Signer) -> None:
    with pytest.raises(Refused, match="only"):
        signer.sign(Log(3).head(name="other.example/ledger"), [])


def test_what_was_signed_is_remembered_after_a_restart(signer: Signer, tmp_path: Path) -> None:
    signer.sign(Log(8).head(), [])

    again = Signer(KEY, NAME, tmp_path / "memory" / "last.txt")

    with pytest.raises(Refused):
        again.sign(Log(13, other="x").head(1), [])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nothing\n",
        b"[]\n",
        b'{"head": 3, "path": []}\n',
        b'{"head": "x", "path": []}\n',
        b'{"head": "x", "path": ["*"]}\n',
        b'{"path": []}\n',
        b"\xff\n",
        b"[" * 60_000,
    ],
)
def test_what_is_no_question_is_refused_in_one_line(signer: Signer, line: bytes) -> None:
    answer = signer.answer(line)

    assert json.loads(answer).keys() == {"refused", "last"}
    assert signer.last is None


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"hello"])
def test_what_is_no_signer_is_told_so(line: bytes) -> None:
    with pytest.raises(Refused, match="no signer"):
        read_answer(line)


class TestOverASocket:
    @pytest.fixture
    def path(self, signer: Signer, tmp_path: Path) -> Iterator[Path]:
        path = tmp_path / "signer.sock"
        with SignerServer(path, signer) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield path
            server.shutdown()
            thread.join()

    @staticmethod
    def ask(path: Path, line: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as there:
            there.settimeout(10)
            there.connect(str(path))
            there.sendall(line)
            return there.makefile("rb").readline()

    def test_a_head_is_signed(self, path: Path) -> None:
        log = Log(8)

        note = read_answer(self.ask(path, question(log.head(), [])))

        assert read_signed(note, KEY.public_key()) == log.head()

    def test_a_refusal_brings_the_last_head(self, path: Path) -> None:
        note = read_answer(self.ask(path, question(Log(8).head(), [])))

        with pytest.raises(Refused) as refused:
            read_answer(self.ask(path, question(Log(13).head(1), [])))

        assert refused.value.last == note

    def test_an_endless_line_is_cut_off_and_refused(self, path: Path) -> None:
        endless = b64encode(bytes(80_000)) + b"\n"

        with pytest.raises((Refused, BrokenPipeError, ConnectionResetError)):
            read_answer(self.ask(path, endless))

    def test_who_hangs_up_keeps_nobody_waiting(self, path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(path))

        assert read_answer(self.ask(path, question(Log(8).head(), [])))

    def test_only_owner_and_group_may_ask(self, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o660
