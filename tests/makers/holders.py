"""Makers of policyholders who ask, get a code and come in; the worker is run by hand."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from hubao.desk.core.messages.letters import Sender
from hubao.desk.core.messages.local import Folder
from hubao.desk.core.messages.sending import send_due
from hubao.desk.policies.holder.operations import Visit, ask, enter, visit_of
from hubao.desk.policies.holder.tasks import courier
from tests.makers.desk import FIELDS, NOON

ADDRESS = "192.0.2.7"
COURIER = courier(fields=lambda: FIELDS, insurer="甲乙人寿", by="system:desk")


def ask_for(number: str, *, at: datetime = NOON, address: str = ADDRESS) -> str:
    """Ask for a code; gives what the browser keeps."""
    return ask(number=number, address=address, language="zh-hans", at=at, fields=FIELDS)


def try_code(token: str, code: str, *, at: datetime = NOON, address: str = ADDRESS) -> str:
    """Enter a code; gives what the browser keeps from then on."""
    return enter(token=token, code=code, address=address, at=at, fields=FIELDS)


def send(folder: Path, *, at: datetime = NOON, sender: Sender | None = None) -> int:
    """Do what the worker does about messages; gives how many left."""
    return send_due(COURIER, sender or Folder(folder), clock=lambda: at).sent


def messages(folder: Path) -> list[dict[str, Any]]:
    """What was sent into a folder, in order."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def code_in(message: dict[str, Any]) -> str:
    """The code that a message tells."""
    found = re.search(r"(?<![0-9])[0-9]{8}(?![0-9])", message["text"])
    assert found, "no code in the message"
    return found.group()


def come_in(number: str, folder: Path, *, at: datetime = NOON) -> Visit:
    """Ask, get the code, and come in."""
    token = ask_for(number, at=at)
    send(folder, at=at)
    fresh = try_code(token, code_in(messages(folder)[-1]), at=at)
    return visit_of(token=fresh, at=at)


def clock(*, from_now: timedelta = timedelta()) -> Callable[[], datetime]:
    """The real clock, shifted."""
    return lambda: timezone.now() + from_now
