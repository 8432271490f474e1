"""Which web addresses the desk may call: not those inside, which only look as if from outside.

Whoever may name an address could otherwise have the desk call what stands behind the firewall
(server-side request forgery). A name is looked up at every call, and what it was looked up to is
what is called, so that it can't point elsewhere a moment later.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from hubao.kit.errors import BadInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST: Final = 500  # characters of a web address
PORTS: Final = {"https": 443, "http": 80}
_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_.-]*")


class OutOfReach(BadInput):
    """A web address isn't one that the desk may call."""

    code = "core.out_of_reach"


@dataclass(frozen=True)
class Place:
    """A web address in its parts.

    Attributes:
        scheme: https, or http on this machine.
        host: name or number.
        port: as written, or the scheme's.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str


@dataclass(frozen=True)
class Reach:
    """What may be called besides public addresses, and those by TLS only.

    Attributes:
        loopback: this machine itself, also without TLS, for whoever tries hubao out.
        networks: networks inside that the setting allows.
        inside: every network: whoever runs the server named the address.
        plain: also without TLS: what is answered is signed.
    """

    loopback: bool = False
    networks: tuple[Network, ...] = ()
    inside: bool = False
    plain: bool = False

    def place(self, url: str) -> Place:
        """Take a web address apart.

        Raises:
            OutOfReach: it isn't written as it must be, or names a number that may not be called.
        """
        place = _parts(url)
        if place.scheme == "http" and not (self.loopback or self.plain):
            raise OutOfReach("Web addresses must begin with https:// here.")
        number = _number(place.host)
        if number is not None:
            self._check(place, [number])
        return place

    def addresses(self, place: Place) -> list[Address]:
        """Look a place's name up: what to call, in this order.

        Raises:
            OutOfReach: one of them may not be called.
            OSError: there is no such name, or it can't be looked up just now.
        """
        try:
            found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        except UnicodeError:  # a part of the name is too long for one
            raise OSError("no such name") from None
        addresses = list(dict.fromkeys(ip_address(str(one[4][0])) for one in found))
        self._check(place, addresses)
        return addresses

    def _check(self, place: Place, addresses: list[Address]) -> None:
        plain = place.scheme == "http"
        if not all(self._allows(_inner(one), plain=plain) for one in addresses):
            raise OutOfReach(
                "This web address points inside: name a public one,"
                " or allow its network with HUBAO_WEBHOOK_NETWORKS."
            )

    def _allows(self, address: Address, *, plain: bool) -> bool:
        if self.loopback and address.is_loopback:
            return True
        if plain and not self.plain:
            return False
        return (
            self.inside
            or _is_public(address)
            or any(address in network for network in self.networks)
        )


def _parts(url: str) -> Place:
    """Take a web address apart; the message repeats nothing of it, as it may hold a secret."""
    told = OutOfReach("Write a web address as https://host/path, in ASCII, without user or #.")
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise told
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise told from None
    host = parts.hostname or ""
    known = _NAME.fullmatch(host) or _number(host) is not None
    if parts.scheme not in PORTS or not known or "@" in parts.netloc or "#" in url:
        raise told
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], target)


def _number(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address is another way of writing."""
    return getattr(address, "ipv4_mapped", None) or address


def _is_public(address: Address) -> bool:
    """Tell whether an address is out on the internet, and doesn't lead back in by a tunnel."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address):
        return not (address.is_site_local or address.sixtofour or address.teredo)
    return True
