"""Nothing of a policyholder lies in clear in the database: not in its file, not in a dump."""

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from hubao.desk.config.backup.taking import back_up
from hubao.desk.core.actor import Role
from hubao.desk.core.keys import KeysetFile
from hubao.desk.policies.operations.emergency import break_glass
from hubao.desk.policies.operations.reveal import NoWorkItem, reveal
from hubao.desk.policies.operations.search import search
from hubao.desk.policies.rules import Purpose
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.suites import Suite
from tests.makers import postgres
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    KEYSET,
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


@pytest.mark.usefixtures("database")
def test_no_clear_value_is_in_a_backup(tmp_path: Path) -> None:
    _use_everything(tmp_path)
    keys = KeysetFile(tmp_path / "keyset.json", LocalKey(Key.new(Suite.INTERNATIONAL)))
    keys.write(KEYSET)
    back_up(tmp_path / "desk.tar", keys=keys, actor=CLERK, at=NOON)

    kept = b"".join(_unpacked(tmp_path / "desk.tar", tmp_path / "parts"))

    secrets = [key.text.partition(":")[2] for key in (*KEYSET.keys, *KEYSET.indexes)]
    for value in (*CLEAR.values(), REASON, *secrets):
        for written in (value.encode(), value.encode("utf-16-le"), value.encode().hex().encode()):
            assert written not in kept
    assert b"endowment" in kept


def _unpacked(file: Path, folder: Path) -> Iterator[bytes]:
    """Everything in a backup, a dump also as the SQL that it stands for."""
    yield file.read_bytes()
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
    if (folder / "database.dump").exists():
        server = postgres.find_server()
        assert server is not None
        yield subprocess.run(
            [server / "pg_restore", "--file=-", folder / "database.dump"],
            check=True, stdout=subprocess.PIPE,
        ).stdout  # fmt: skip


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
