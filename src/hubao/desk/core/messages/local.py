"""Messages that don't leave this machine: for trying hubao out, and for tests."""

import json
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hubao.desk.core.messages.letters import NotSent


@dataclass(frozen=True)
class Folder:
    """A folder: each message a file of JSON, which only its owner can read.

    Attributes:
        path: made if it is missing.
    """

    path: Path

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Write the message, whole or not at all; those written later sort behind."""
        file = self.path / f"{time.time_ns()}-{secrets.token_hex(4)}.json"
        fresh = file.with_suffix(".new")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump({"to": to, "text": text, "kind": kind}, out, ensure_ascii=False)
            fresh.rename(file)
        except OSError as error:
            raise NotSent(
                f"A message can't be written into its folder ({error.strerror})."
            ) from None


@dataclass(frozen=True)
class Console:
    """The worker's own output."""

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Print the message."""
        sys.stdout.write(f"[{kind}] {to}: {text}\n")
        sys.stdout.flush()
