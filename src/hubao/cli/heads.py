"""Signed heads that are given on the command line, and what they are checked with."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

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
    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk

    return needed_log_key() if needed or wired().log.key is not None else None


def needed_log_key() -> "Ed25519PublicKey":
    """Give the log's public key.

    Raises:
        BadInput: it isn't told.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk

    raw = wired().log.key
    if raw is None:
        raise BadInput("Set HUBAO_LOG_KEY to the log's public key, to check heads with.")
    return Ed25519PublicKey.from_public_bytes(raw)


def false_stamps(heads: Mapping[Path, str]) -> list[str]:
    """Say when heads were stamped, by the time stamps beside them; gives what is wrong with those.

    Raises:
        BadRoots: HUBAO_TSA_ROOTS can't be read.
    """
    from hubao.desk.core.wired import wired  # noqa: PLC0415 - needs the desk
    from hubao.desk.ledger.publishing import STAMP  # noqa: PLC0415
    from hubao.desk.ledger.stamps import BadStamp, read_roots, stamped_at  # noqa: PLC0415

    stamped = {head: path for head in heads if (path := head.with_suffix(STAMP)).exists()}
    roots = wired().log.tsa_roots
    if stamped and roots is None:
        typer.echo(f"{len(stamped):,} time stamps aren't looked at: set HUBAO_TSA_ROOTS", err=True)
        return []
    trusted = read_roots(roots) if stamped and roots else []
    faults = []
    for head, path in stamped.items():
        try:
            at = stamped_at(path.read_bytes(), note=heads[head], roots=trusted)
        except BadStamp as error:
            faults.append(f"{path}: {error.message}")
        else:
            typer.echo(f"{head}: stamped at {at:%Y-%m-%dT%H:%M:%SZ}")
    return faults


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} can't be read as a head ({type(error).__name__}).") from None
