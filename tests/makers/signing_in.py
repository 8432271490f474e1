"""Makers of people who are signed in to the console."""

import time
from collections.abc import Iterable
from pathlib import Path

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client

from hubao.desk.core.actor import Role
from hubao.desk.core.keys import KeysetFile
from hubao.desk.core.messages.local import Folder
from hubao.desk.core.wired import Log, Wired
from hubao.desk.people.models import Account
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.suites import Suite
from tests.makers.desk import KEYSET, make_person


def wire(folder: Path) -> None:
    """Let pages find the tests' own keyset, and a spool in a folder."""
    keys = KeysetFile(folder / "keyset.json", LocalKey(Key.new(Suite.INTERNATIONAL)))
    keys.write(KEYSET)
    settings.HUBAO = Wired(
        keys=keys,
        person_keys=folder / "person-keys.sqlite3",
        spool=folder / "denied.jsonl",
        log=Log("test/ledger"),
        lake=folder / "lake",
        feeds=folder / "feeds",
        idle_seconds=900,
        demo=False,
        insurer="甲乙人寿",
        sender=Folder(folder / "messages"),
    )


def browser(*, enforce_csrf_checks: bool = False) -> Client:
    """A browser in which nobody has signed in."""
    return Client(enforce_csrf_checks=enforce_csrf_checks, SERVER_NAME="localhost")


def signed_in(
    party: str = "li",
    *roles: Role,
    unit: str = "north",
    second_factor: bool = True,
    enforce_csrf_checks: bool = False,
) -> Client:
    """A browser in which somebody of these roles has signed in a moment ago."""
    make_person(party, unit=unit, roles=roles)
    account = Account.objects.create(party_id=party, username=party)
    client = browser(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(account)
    if second_factor:
        TOTP.activate(account, generate_totp_secret())
        _note(client, account, ["password", "mfa"], ago=60)
    return client


def _note(client: Client, account: Account, methods: Iterable[str], ago: float) -> None:
    """Write into the session what allauth writes when somebody signs in."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": method, "at": time.time() - ago} for method in methods
    ]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()


def factor_shown(client: Client, *, ago: float) -> None:
    """Move the time at which the second factor was shown."""
    account = Account.objects.get(pk=client.session["_auth_user_id"])
    _note(client, account, ["password", "mfa"], ago=ago)
