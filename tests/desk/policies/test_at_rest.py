"""Nothing of a policyholder lies in clear in the database: not in its file, not in a dump."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from hubao.desk.core.actor import Role
from hubao.desk.policies.operations.emergency import break_glass
from hubao.desk.policies.operations.reveal import NoWorkItem, reveal
from hubao.desk.policies.operations.search import search
from hubao.desk.policies.rules import Purpose
from tests.makers import postgres
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    actor,
    denials,
    make_branches,
    make_item,
    make_policy,
)

REASON = "客户在柜台晕倒，需联系家人"
CLERK = actor("li", Role.CLERK)


def test_no_clear_value_is_in_what_the_database_keeps(database: str, tmp_path: Path) -> None:
    _use_everything(tmp_path)

    kept = b"".join(_kept(database))

    for value in (*CLEAR.values(), REASON):
        for written in (value.encode(), value.encode("utf-16-le"), value.encode().hex().encode()):
            assert written not in kept
    assert b"endowment" in kept  # what is no secret is there: we looked at the right bytes


def _use_everything(folder: Path) -> None:
    make_branches()
    record = make_policy(policy_number=CLEAR["policy_number"])
    refused = denials(folder)
    for field in ("policy_number", "phone", "identity_number", "holder_name"):
        search(field=field, value=CLEAR[field], actor=CLERK, at=NOON, fields=FIELDS,
               denials=refused)  # fmt: skip
    told = {"record": record, "actor": CLERK, "at": NOON, "fields": FIELDS, "denials": refused}
    item = make_item(record)
    for field in CLEAR:
        reveal(field=field, purpose=Purpose.SERVICE, item=item, **told)  # type: ignore[arg-type]
    with pytest.raises(NoWorkItem):
        reveal(field="phone", purpose=Purpose.SERVICE, item="d0", **told)  # type: ignore[arg-type]
    break_glass(reason=REASON, **told)  # type: ignore[arg-type]


def _kept(url: str) -> Iterator[bytes]:
    connection.close()
    if url.startswith("sqlite"):
        path = Path(urlsplit(url).path)
        yield from (one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
        return
    parts = urlsplit(url)
    server = postgres.find_server()
    assert server is not None
    yield subprocess.run(
        [server / "pg_dump", "-h", parse_qs(parts.query)["host"][0], "-U", postgres.USER,
         parts.path.removeprefix("/")],
        check=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip
