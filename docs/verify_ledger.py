"""Check a ledger without hubao: python verify_ledger.py KEY LEDGER HEAD [HEAD ...]

KEY: the log's Ed25519 public key, base 64. LEDGER: its entries, one a line, oldest first. HEAD: a
file with a signed tree head, best from where the log's owner can't reach. Exits with 1 unless each
is signed by KEY and heads the first so many entries: then none of these was changed, moved, added
or taken away since. The tree is that of RFC 9162, 2.1.1.
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


def subtree(line: bytes) -> tuple[int, bytes, int]:
    """Entries that a line stands for, the hash over them, and how many of them are erased."""
    said = json.loads(line)
    if "erased" in said:
        return (width := 1 << said.get("level", 0)), b64decode(said["erased"]), width
    return 1, hashlib.sha256(b"\0" + line).digest(), 0


KEY, LEDGER, *HEADS = sys.argv[1:] if len(sys.argv) > 3 else sys.exit(__doc__)
known, peaks, size, gone = {0: hashlib.sha256(b"").digest()}, list[tuple[int, bytes]](), 0, 0
for width, found, erased in map(subtree, Path(LEDGER).read_bytes().split(b"\n")[:-1]):
    peaks, size, gone = [*peaks, (width, found)], size + width, gone + erased
    while len(peaks) > 1 and peaks[-2][0] == peaks[-1][0]:
        (half, left), (_, right) = peaks[-2:]
        peaks[-2:] = [(2 * half, hashlib.sha256(b"\1" + left + right).digest())]
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = hashlib.sha256(b"\1" + left + root).digest()
    known[size] = root
faults = {}
for head in HEADS:
    try:
        at, top = signed(Path(head).read_text("utf-8"), b64decode(KEY))
        faults[head] = "" if known.get(at) == top else f"these aren't provably its {at:,} entries"
    except (InvalidSignature, ValueError) as error:
        faults[head] = str(error) or "its signature is false"
    print(f"{head}: {faults[head] or f'the first {at:,} entries are as they were'}")
print(f"{size:,} entries in {LEDGER}, {gone:,} of them erased")
sys.exit(any(faults.values()))
