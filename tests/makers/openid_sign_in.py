"""Makers of sign-ins with the tests' OpenID provider: its settings, people, and their browser."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse

from hubao.desk.core.actor import Role
from hubao.desk.core.wired import Provider, wired
from hubao.desk.people.imports import import_logins
from hubao.desk.people.models import Account
from tests.makers.desk import NOON, SYSTEM, make_person, rows
from tests.makers.openid import CLIENT, SECRET, OpenId

PLACE: Final = "/sign-in/oidc/"
UNUSABLE: Final = "!"  # as a password


def tell(
    provider: OpenId,
    *,
    issuer: str = "",
    name: str = "",
    claim: str = "sub",
    trusted: frozenset[str] = frozenset(),
    fresh: timedelta | None = timedelta(minutes=5),
) -> None:
    """Name the provider in the settings."""
    told = Provider(
        issuer=issuer or provider.url,
        client=CLIENT,
        secret=SECRET,
        name=name,
        claim=claim,
        trusted=trusted,
        fresh=fresh,
    )
    wired_with(told)


def wired_with(provider: Provider | None) -> None:
    """Have the settings name this provider, or none."""
    settings.HUBAO = replace(wired(), provider=provider)


def employed(party: str = "li", *roles: Role, account: bool = True) -> None:
    """Somebody who works here, with a sign-in that no password opens."""
    make_person(party, roles=roles or (Role.COMPLIANCE,))
    if account:
        Account.objects.create(party_id=party, username=party, password=UNUSABLE)


def led_to(client: Client, *, place: str = PLACE, **form: str) -> str:
    """Press the button; gives where the page leads on to."""
    page = client.post(place, form).content.decode()
    found = re.search(r'content="0;url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def sent_back(there: str) -> str:
    """Ask the provider as a browser does; gives where it sends people back to."""
    parts = urlsplit(there)
    link = HTTPConnection(parts.netloc, timeout=10)
    link.request("GET", f"{parts.path}?{parts.query}")
    answer = link.getresponse()
    link.close()
    assert answer.status == 302
    return str(answer.headers["Location"]).removeprefix("http://localhost")


def came_back(client: Client, **form: str) -> Any:  # noqa: ANN401 - Django's test response
    """Go to the provider and back; gives the desk's answer."""
    return client.get(sent_back(led_to(client, **form)))


def is_in(client: Client) -> bool:
    """Whether the console opens."""
    return client.get(reverse("home")).status_code == 200


def login(provider: OpenId, name: str, party: str, system: str = "oidc") -> None:
    """Whoever sits at the browser has this login there, which was imported as somebody's."""
    provider.login = name
    given = rows({"login": name, "actor": party, "system": system})
    assert not import_logins(given, actor=SYSTEM, at=NOON).rejects
