"""Check a ledger without hubao: python verify_ledger.py KEY LEDGER HEAD [HEAD ...]

KEY: the log's Ed25519 public key, base 64. LEDGER: its entries, one a line, oldest first. HEAD: a
file with a signed tree head, best one that the log's owner can't reach. Exits with 1 unless each is
signed by KEY and heads the first so many entries: then none of these was changed, moved, added or
taken away since. The tree is RFC 9162's, 2.1.1. Needs the library `cryptography`.
"""

import hashlib
import json
import sys
from base64 import b64decode
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signed(note: str, key: bytes) -> tuple[int, bytes]:
    """Size and root of a tree head."""
    text, _, signatures = note.partition("\n\n")
    name, size, root = text.split("\n")[:3]
    number = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    for line in signatures.splitlines():
        signature = b64decode(line.split(" ")[-1])
        if line.startswith(f"— {name} ") and signature[:4] == number:
            Ed25519PublicKey.from_public_bytes(key).verify(signature[4:], f"{text}\n".encode())
            return int(size), b64decode(root)
    raise ValueError("it isn't signed by this key")


def roots(leaves: list[bytes]) -> list[bytes]:
    """Root of the tree over the first 0, 1, 2, … leaves."""
    found, peaks = [hashlib.sha256(b"").digest()], []  # perfect subtrees, the largest first
    for leaf in leaves:
        peaks.append((1, leaf))
        while len(peaks) > 1 and peaks[-2][0] == peaks[-1][0]:
            (size, left), (_, right) = peaks[-2:]
            peaks[-2:] = [(2 * size, hashlib.sha256(b"\1" + left + right).digest())]
        root = peaks[-1][1]
        for _, left in reversed(peaks[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        found.append(root)
    return found


KEY, LEDGER, *HEADS = sys.argv[1:] if len(sys.argv) > 3 else sys.exit(__doc__)
lines = Path(LEDGER).read_bytes().split(b"\n")[:-1]
pairs = [(line, json.loads(line).get("erased")) for line in lines]  # erased: only a hash is left
known = roots([b64decode(e) if e else hashlib.sha256(b"\0" + line).digest() for line, e in pairs])
faults = {}
for head in HEADS:
    try:
        at, top = signed(Path(head).read_text("utf-8"), b64decode(KEY))
        faults[head] = "" if [top] == known[at : at + 1] else f"these aren't its {at:,} entries"
    except (InvalidSignature, ValueError) as error:
        faults[head] = str(error) or "its signature is false"
    print(f"{head}: {faults[head] or f'the first {at:,} entries are as they were'}")
print(f"{len(lines):,} entries in {LEDGER}, {sum(bool(e) for _, e in pairs):,} of them erased")
sys.exit(any(faults.values()))
