"""What carries messages, as the settings choose it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from hubao.desk.core.messages.gateway import Gateway, body_of
from hubao.desk.core.messages.letters import Sender
from hubao.desk.core.messages.local import Console, Folder
from hubao.desk.core.messages.mail import Mail
from hubao.desk.core.messages.web import BadPlace, Place
from hubao.desk.core.messages.wecom import WeCom


@dataclass(frozen=True)
class Told:
    """What the settings say besides.

    Attributes:
        sender: address that mail comes from.
        to: pattern of mail addresses and WeCom's members.
        body: JSON for an SMS gateway.
        user: of the mail server.
        secret: password, or key of the gateway or application.
    """

    sender: str
    to: str
    body: str
    user: str | None = None
    secret: str | None = field(default=None, repr=False)


def chosen(messages: str, told: Told) -> Sender:
    """Give what carries messages.

    Args:
        messages: file:FOLDER, console, smtp:host:port, sms+https://… or wecom+https://….
        told: the rest.

    Raises:
        BadPlace: it isn't written as it must be.
    """
    sort, _, rest = messages.partition(":")
    match sort:
        case "file" if rest:
            return Folder(Path(rest))
        case "console" if not rest:
            return Console()
        case "smtp" if rest:
            return _mail(rest, told)
        case "sms+https" | "sms+http":
            place = Place(messages.removeprefix("sms+"))
            return Gateway(place, body_of(told.body), told.secret)
        case "wecom+https" | "wecom+http":
            return _wecom(messages.removeprefix("wecom+"), told)
    raise BadPlace(
        "HUBAO_MESSAGES is none of file:FOLDER, console, smtp:host:port, sms+https://… and"
        " wecom+https://….",
    )


def stays_here(messages: str) -> bool:
    """Tell whether messages would stay on this machine in clear."""
    return messages.partition(":")[0] in ("file", "console")


def _mail(rest: str, told: Told) -> Mail:
    host, _, port = rest.partition(":")
    if not host or not (port or "25").isdecimal() or "@" not in told.sender:
        raise BadPlace("Mail wants smtp:host:port, and an address in HUBAO_MESSAGES_FROM.")
    return Mail(
        host, int(port or 25), told.sender, told.to, user=told.user, secret=told.secret or ""
    )


def _wecom(url: str, told: Told) -> WeCom:
    place = Place(url)
    asked = parse_qs(urlsplit(url).query)
    company, agent = (asked.get(name, [""])[0] for name in ("corp", "agent"))
    if not company or not agent.isdecimal() or not told.secret:
        raise BadPlace(
            "WeCom wants wecom+https://host?corp=ID&agent=NUMBER, and HUBAO_MESSAGES_SECRET."
        )
    return WeCom(place, company, int(agent), told.to, told.secret)
