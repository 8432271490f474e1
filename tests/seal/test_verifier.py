"""The verifier in docs, which knows nothing of hubao, on logs that somebody tampered with.

The tamperer owns the database and the signing key; what he can't reach is a head held outside.
"""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubao.seal.heads import Head, sign
from hubao.seal.tree import Frontier, leaf_hash

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_ledger.py"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = b64encode(KEY.public_key().public_bytes_raw()).decode()
LOG = [json.dumps({"action": "reveal", "id": f"e-{i}"}) for i in range(13)]


def head_of(entries: Sequence[str], key: Ed25519PrivateKey = KEY) -> str:
    frontier = Frontier()
    for entry in entries:
        kept = json.loads(entry).get("erased")
        frontier.append(b64decode(kept) if kept else leaf_hash(entry.encode()))
    at = datetime(2026, 11, 26, 4, tzinfo=UTC)
    return sign(Head("insurer.example/ledger", len(entries), frontier.root(), at), key)


def erased(leaf: bytes) -> str:
    return json.dumps({"erased": b64encode(leaf).decode()})


class Verified:
    """What the verifier said of a log and heads."""

    def __init__(self, folder: Path, entries: Sequence[str], heads: Sequence[str]) -> None:
        log = folder / "ledger.jsonl"
        log.write_text("".join(f"{entry}\n" for entry in entries), encoding="utf-8")
        files = []
        for i, head in enumerate(heads):
            files.append(folder / f"head-{i}.txt")
            files[-1].write_text(head, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", VERIFIER, PUBLIC, log, *files],
            capture_output=True,
            text=True,
            check=False,
        )
        self.code, self.said, self.fault = done.returncode, done.stdout, done.stderr


def test_it_is_short_and_knows_nothing_of_hubao() -> None:
    text = VERIFIER.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 60
    assert "import hubao" not in text
    assert "from hubao" not in text


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 13])
def test_a_log_as_it_was_passes_at_every_head(tmp_path: Path, size: int) -> None:
    found = Verified(tmp_path, LOG, [head_of(LOG[:size]), head_of(LOG)])

    assert (found.code, found.fault) == (0, "")
    assert f"the first {size} entries are as they were" in found.said


def test_erased_entries_keep_their_hash_and_are_counted(tmp_path: Path) -> None:
    left = [*LOG[:3], erased(leaf_hash(LOG[3].encode())), *LOG[4:]]

    found = Verified(tmp_path, left, [head_of(LOG)])

    assert found.code == 0
    assert "1 of them erased" in found.said


TAMPERED = {
    "changed": [*LOG[:2], LOG[2].replace("reveal", "search"), *LOG[3:]],
    "truncated": LOG[:6],
    "reordered": [LOG[1], LOG[0], *LOG[2:]],
    "taken out": [*LOG[:2], *LOG[3:]],
    "added to": [*LOG[:2], LOG[0], *LOG[2:]],
    "forked": [*LOG[:5], *(entry.replace("e-", "f-") for entry in LOG[5:])],
    "falsely erased": [*LOG[:2], erased(bytes(32)), *LOG[3:]],
}


@pytest.mark.parametrize("entries", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_log_that_was_tampered_with_and_signed_again_fails_a_head_held_outside(
    tmp_path: Path, entries: Sequence[str]
) -> None:
    held, anew = head_of(LOG[:9]), head_of(entries)

    found = Verified(tmp_path, entries, [anew, held])

    assert found.code == 1
    assert "head-0.txt: the first" in found.said  # alone it would pass: hence heads outside
    assert "head-1.txt: these aren't provably its 9 entries" in found.said


def test_a_head_of_another_key_fails(tmp_path: Path) -> None:
    found = Verified(tmp_path, LOG, [head_of(LOG, Ed25519PrivateKey.generate())])

    assert (found.code, found.fault) == (1, "")
    assert "isn't signed by this key" in found.said


def test_a_changed_head_fails(tmp_path: Path) -> None:
    found = Verified(tmp_path, LOG, [head_of(LOG).replace("\n13\n", "\n12\n")])

    assert (found.code, found.fault) == (1, "")
    assert "signature is false" in found.said


def test_what_is_no_head_fails(tmp_path: Path) -> None:
    found = Verified(tmp_path, LOG, ["nothing of the sort"])

    assert (found.code, found.fault) == (1, "")


def test_without_a_head_it_says_how_to_call_it(tmp_path: Path) -> None:
    found = Verified(tmp_path, LOG, [])

    assert found.code == 1
    assert "HEAD" in found.fault
