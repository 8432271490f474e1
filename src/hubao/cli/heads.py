"""Signed heads that are given on the command line, and the key that they are checked with."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hubao.kit.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def read_heads(paths: Iterable[Path]) -> list[str]:
    """Read signed heads.

    Raises:
        BadInput: a file can't be read.
    """
    return [_read(path) for path in paths]


def log_key(*, needed: bool) -> "Ed25519PublicKey | None":
    """Give the log's public key, if it is told.

    Raises:
        BadInput: it isn't, and is needed.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk

    raw = wired().log.key
    if raw is None:
        if needed:
            raise BadInput("Set HUBAO_LOG_KEY to the log's public key, to check heads with.")
        return None
    return Ed25519PublicKey.from_public_bytes(raw)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} can't be read as a head ({type(error).__name__}).") from None
