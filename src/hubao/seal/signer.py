"""The signer: holds the log's key in a process of its own, and signs only a log that grew.

The application may ask it for signatures, but can't read its key. It remembers the last head that
it signed and wants a proof that the new log begins with that one: who takes over the application
and its database can add entries, but gets no signature under a log in which earlier ones differ.

Over its socket goes one line of JSON each way. It is asked `{"head": text, "path": [base64, …]}`,
the path proving growth since the last head, and answers `{"note": signed}`, or `{"refused": why,
"last": note}` with the last head it signed, which is the one to prove growth from.
"""

import json
import os
import socket
import socketserver
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubao.kit.errors import HubaoError, Kind
from hubao.seal.heads import BadHead, Head, read_head, read_signed, sign
from hubao.seal.proofs import is_consistent

_PATIENCE: Final = 30.0  # seconds for an answer
LONGEST: Final = 64 * 1024  # bytes of a line; a path of 64 hashes takes 3,000


class Refused(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The signer does not sign this head; `last` is the one that it signed last."""

    code = "seal.refused"
    kind = Kind.CONFLICT

    def __init__(self, message: str, last: str | None = None) -> None:
        super().__init__(message)
        self.last = last


class Signer:
    """Signs heads of one log.

    Args:
        key: the log's.
        origin: the log's name.
        memory: file that the last signed head is kept in, which only the signer may write.
    """

    def __init__(self, key: Ed25519PrivateKey, origin: str, memory: Path) -> None:
        self._key, self._origin, self._memory = key, origin, memory
        memory.parent.mkdir(parents=True, exist_ok=True)

    @property
    def last(self) -> str | None:
        """The head signed last, as a signed note."""
        return self._memory.read_text(encoding="utf-8") if self._memory.exists() else None

    def sign(self, head: Head, path: Sequence[bytes]) -> str:
        """Sign a head; gives the signed note.

        Args:
            head: of the log as it is now.
            path: hashes that prove it to begin with the log of the last head; none for the first.

        Raises:
            Refused: it is another log, an earlier one, or not proved to be the same, grown.
        """
        last = self.last
        if head.origin != self._origin:
            raise Refused(f"This signer signs for the log {self._origin} only.", last)
        if last is not None:
            self._hold_to(read_signed(last, self._key.public_key()), head, path)
        note = sign(head, self._key)
        _write(self._memory, note)  # remembered before anyone has it: never two logs of one size
        return note

    def _hold_to(self, before: Head, now: Head, path: Sequence[bytes]) -> None:
        if now.at < before.at:
            raise Refused("A head of a later time is signed already.", self.last)
        if not is_consistent(
            old=before.size, new=now.size, old_root=before.root, new_root=now.root, path=path
        ):
            raise Refused(
                f"This log isn't proved to begin with the {before.size:,} entries signed before.",
                self.last,
            )

    def answer(self, line: bytes) -> bytes:
        """Answer a line of the socket's."""
        try:
            asked = json.loads(line)
            path = [b64decode(one, validate=True) for one in asked["path"]]
            return _line({"note": self.sign(read_head(str(asked["head"])), path)})
        except Refused as refused:
            return _line({"refused": refused.message, "last": refused.last})
        except (BadHead, ValueError, TypeError, KeyError, RecursionError):
            return _line({"refused": "This isn't what a signer is asked.", "last": self.last})


def key_in(folder: Path) -> Ed25519PrivateKey:
    """Give the key in a folder; a new one, readable by its owner only, if there is none."""
    path = folder / "key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


class _Handler(socketserver.StreamRequestHandler):
    server: "SignerServer"
    timeout = 5.0  # seconds: nobody keeps the others waiting for longer

    def handle(self) -> None:
        with suppress(TimeoutError, ConnectionError):
            self.wfile.write(self.server.signer.answer(self.rfile.readline(LONGEST)))


class SignerServer(socketserver.UnixStreamServer):
    """A signer on a Unix socket; one question at a time.

    Args:
        path: the socket; only its owner and group may use it.
        signer: who answers.
    """

    def __init__(self, path: Path, signer: Signer) -> None:
        self.signer = signer
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Handler)
        path.chmod(0o660)


def ask(path: Path, head: Head, proof: Sequence[bytes]) -> str:
    """Ask a signer on a Unix socket; gives the signed note.

    Raises:
        Refused: it signed nothing, or doesn't answer.
    """
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(_PATIENCE)
            link.connect(str(path))
            link.sendall(question(head, proof))
            with link.makefile("rb") as answer:
                return read_answer(answer.readline(LONGEST))
    except OSError as error:
        raise Refused(f"The signer at {path} doesn't answer ({error.strerror}).") from None


def question(head: Head, path: Sequence[bytes]) -> bytes:
    """Write what a signer is asked."""
    return _line({"head": head.text(), "path": [b64encode(one).decode() for one in path]})


def read_answer(line: bytes) -> str:
    """Read what a signer answered; gives the signed note.

    Raises:
        Refused: it signed nothing.
    """
    try:
        answer = json.loads(line)
        if "note" in answer:
            return str(answer["note"])
        raise Refused(str(answer["refused"]), answer["last"])
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("What answered on the signer's socket is no signer.") from error


def _line(told: dict[str, object]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def _write(path: Path, text: str) -> None:
    """Write a file so that after a power cut either the old or the new one is there, whole."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
