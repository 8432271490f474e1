"""Put signed heads where the database's owner can't change them: that is what makes them proof.

A place is written `file:/folder` (a share or disk of somebody else's), `mail:address`, or
`tsa:https://…`, a time-stamp authority: its stamp goes with the head into the other places.
"""

import hashlib
import logging
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

from hubao.desk.core.calls import CallFailed
from hubao.desk.core.durably import sync
from hubao.desk.core.reach import OutOfReach
from hubao.desk.ledger.stamps import Authority, BadStamp, read_roots
from hubao.kit.errors import BadInput, HubaoError, Kind

_log = logging.getLogger(__name__)
LEAST: Final = 2  # places, so that one that is lost or false shows
STAMP: Final = ".tsr"  # a time stamp's file, beside its head's of the same name


class BadOutside(BadInput):
    """A place for heads isn't written as it must be."""

    code = "ledger.bad_outside"


class NotPublished(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A head couldn't be put into one of its places; it is tried again with the next."""

    code = "ledger.not_published"
    kind = Kind.UNAVAILABLE


class Outside(Protocol):
    """Somewhere outside."""

    def put(self, note: str, size: int, stamp: bytes | None) -> None:
        """Put a signed head there, with its time stamp if it has one; OSError if it can't be."""


@dataclass(frozen=True)
class Folder:
    """A folder, best of another machine: one file a head, never written over."""

    path: Path

    def put(self, note: str, size: int, stamp: bytes | None) -> None:
        """Write the head to a file of its own, and its time stamp beside it."""
        self.path.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(note.encode()).hexdigest()[:12]
        file = self.path / f"head-{size:012d}-{digest}.txt"
        if stamp is not None:
            _write_once(file.with_suffix(STAMP), stamp)
        _write_once(file, note.encode())


@dataclass(frozen=True)
class Mail:
    """A mailbox that others read."""

    address: str
    server: str
    sender: str

    def put(self, note: str, size: int, stamp: bytes | None) -> None:
        """Send the head, its time stamp attached."""
        message = EmailMessage()
        message["Subject"] = f"hubao ledger head {size}"
        message["From"], message["To"] = self.sender, self.address
        message.set_content(note)
        if stamp is not None:
            message.add_attachment(
                stamp, maintype="application", subtype="timestamp-reply", filename=f"head{STAMP}"
            )
        host, _, port = self.server.partition(":")
        with smtplib.SMTP(host, int(port or 25), timeout=30) as link:
            link.send_message(message)


def places(
    told: str, *, mail_server: str | None, tsa_roots: Path | None = None
) -> Sequence[Outside | Authority]:
    """Read places, with commas between.

    Args:
        told: as in the setting.
        mail_server: host:port that takes mail, if there is one.
        tsa_roots: PEM file of the roots that time stamps are held to, if there is one.

    Raises:
        BadOutside: one isn't written as it must be, or a time stamp would lie nowhere.
        BadRoots: `tsa_roots` can't be read.
    """
    written = [one.strip() for one in told.split(",") if one.strip()]
    found = [_place(one, mail_server, tsa_roots) for one in written]
    stamping = sum(isinstance(one, Authority) for one in found)
    if stamping > 1 or (stamping and len(found) == 1):
        raise BadOutside(
            "Heads take one tsa: place, and a file: or mail: place to keep its stamps."
        )
    return found


def _place(told: str, mail_server: str | None, tsa_roots: Path | None) -> Outside | Authority:
    sort, _, rest = told.partition(":")
    if sort == "file" and rest:
        return Folder(Path(rest))
    if sort == "mail" and "@" in rest:
        if mail_server is None:
            raise BadOutside("Heads go by mail only with HUBAO_MAIL_SERVER set to host:port.")
        return Mail(rest, mail_server, f"hubao@{rest.partition('@')[2]}")
    if sort == "tsa" and rest.startswith(("https://", "http://")):
        if tsa_roots is None:
            raise BadOutside("Heads are stamped only with HUBAO_TSA_ROOTS set to the roots' file.")
        return _authority(rest, tsa_roots)
    raise BadOutside(
        f"A place for heads is written file:/folder, mail:address or tsa:https://…, not {sort}:…"
    )


def _authority(url: str, roots: Path) -> Authority:
    try:
        return Authority(url, read_roots(roots))
    except OutOfReach as error:
        raise BadOutside(f"The tsa: place can't be called. {error.message}") from None


def publish(note: str, *, size: int, to: Sequence[Outside | Authority]) -> int:
    """Put a head into every place, stamped if one of them stamps; returns in how many it is.

    Raises:
        NotPublished: in fewer than LEAST, though as many are told.
    """
    stamps = [_stamp(note, one) for one in to if isinstance(one, Authority)]
    stamp = stamps[0] if stamps else None
    done = sum(_put(note, size, stamp, one) for one in to if not isinstance(one, Authority))
    done += stamp is not None
    if done < min(LEAST, len(to)):
        raise NotPublished(
            f"The head is in {done} of {len(to)} places only: look at them.", places=done
        )
    return done


def _put(note: str, size: int, stamp: bytes | None, place: Outside) -> bool:
    try:
        place.put(note, size, stamp)
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _stamp(note: str, authority: Authority) -> bytes | None:
    try:
        return authority.stamp(note)
    except (CallFailed, BadStamp) as error:  # the head goes to the other places all the same
        why = error.why if isinstance(error, CallFailed) else error.message
        _log.warning("no time stamp was got for a head", extra={"facts": {"why": why}})
        return None


def _write_once(file: Path, content: bytes) -> None:
    if not file.exists():
        fresh = file.with_suffix(f"{file.suffix}.new")
        fresh.write_bytes(content)
        sync(fresh)
        fresh.rename(file)
        with suppress(PermissionError):  # whoever may only drop files there can't sync the folder
            sync(file.parent)
