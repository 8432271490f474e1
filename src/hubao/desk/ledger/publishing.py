"""Put signed heads where the database's owner can't change them: that is what makes them proof.

A place is written `file:/folder` (a share or disk of somebody else's) or `mail:address`.
"""

import hashlib
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

from hubao.kit.errors import BadInput, HubaoError, Kind

LEAST: Final = 2  # places, so that one that is lost or false shows


class BadPlace(BadInput):
    """A place for heads isn't written as it must be."""

    code = "ledger.bad_place"


class NotPublished(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A head couldn't be put into one of its places; it is tried again with the next."""

    code = "ledger.not_published"
    kind = Kind.UNAVAILABLE


class Place(Protocol):
    """Somewhere outside."""

    def put(self, note: str, size: int) -> None:
        """Put a signed head there; OSError if it can't be."""


@dataclass(frozen=True)
class Folder:
    """A folder, best of another machine: one file a head, never written over."""

    path: Path

    def put(self, note: str, size: int) -> None:
        """Write the head to a file of its own."""
        self.path.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(note.encode()).hexdigest()[:12]
        file = self.path / f"head-{size:012d}-{digest}.txt"
        if not file.exists():
            fresh = file.with_suffix(".new")
            fresh.write_text(note, encoding="utf-8")
            fresh.rename(file)


@dataclass(frozen=True)
class Mail:
    """A mailbox that others read."""

    address: str
    server: str
    sender: str

    def put(self, note: str, size: int) -> None:
        """Send the head."""
        message = EmailMessage()
        message["Subject"] = f"hubao ledger head {size}"
        message["From"], message["To"] = self.sender, self.address
        message.set_content(note)
        host, _, port = self.server.partition(":")
        with smtplib.SMTP(host, int(port or 25), timeout=30) as link:
            link.send_message(message)


def places(told: str, *, mail_server: str | None) -> Sequence[Place]:
    """Read places, with commas between.

    Args:
        told: as in the setting.
        mail_server: host:port that takes mail, if there is one.

    Raises:
        BadPlace: one isn't written as it must be.
    """
    return [_place(one.strip(), mail_server) for one in told.split(",") if one.strip()]


def _place(told: str, mail_server: str | None) -> Place:
    sort, _, rest = told.partition(":")
    if sort == "file" and rest:
        return Folder(Path(rest))
    if sort == "mail" and "@" in rest:
        if mail_server is None:
            raise BadPlace("Heads go by mail only with HUBAO_MAIL_SERVER set to host:port.")
        return Mail(rest, mail_server, f"hubao@{rest.partition('@')[2]}")
    raise BadPlace(f"A place for heads is written file:/folder or mail:address, not {sort}:…")


def publish(note: str, *, size: int, to: Sequence[Place]) -> int:
    """Put a head into every place; returns in how many it is.

    Raises:
        NotPublished: in fewer than LEAST, though as many are told.
    """
    done = 0
    for place in to:
        try:
            place.put(note, size)
        except (OSError, smtplib.SMTPException):
            continue
        done += 1
    if done < min(LEAST, len(to)):
        raise NotPublished(
            f"The head is in {done} of {len(to)} places only: look at them.", places=done
        )
    return done
