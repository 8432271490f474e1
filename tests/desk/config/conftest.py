"""What tests of backups share: the keyset's file, and a place to restore to."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from hubao.desk.config.backup.restoring import Restored, restore
from hubao.desk.config.backup.taking import back_up
from hubao.desk.config.backup.verifying import Outside
from hubao.desk.core.keys import KeysetFile
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.suites import Suite
from tests.desk.conftest import use
from tests.makers.desk import KEYSET, NOON, SYSTEM

STOP_AT = Path(__file__).with_name("stop_at.py")
KEY = Key.new(Suite.INTERNATIONAL)  # the key-encryption key, which is in no backup


@pytest.fixture
def keys(tmp_path: Path) -> KeysetFile:
    """The keyset of the desk that is backed up."""
    file = KeysetFile(tmp_path / "keyset.json", LocalKey(KEY))
    file.write(KEYSET)
    return file


@pytest.fixture
def elsewhere(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of the same kind in which there is nothing."""
    if database.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'elsewhere' / 'hubao.sqlite3'}"
    url: str = request.getfixturevalue("migrated_server")
    name = f"elsewhere_{abs(hash(tmp_path))}"
    with psycopg.connect(url, autocommit=True) as there:
        there.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def other_keys(elsewhere: str, tmp_path: Path) -> KeysetFile:
    """Where the keyset goes elsewhere; the same key opens it."""
    del elsewhere
    return KeysetFile(tmp_path / "elsewhere" / "keyset.json", LocalKey(KEY))


@pytest.fixture
def backup(database: str, keys: KeysetFile, tmp_path: Path) -> Callable[[], Path]:
    """Takes a backup."""

    def take() -> Path:
        use(database)
        back_up(tmp_path / "desk.tar", keys=keys, actor=SYSTEM, at=NOON)
        return tmp_path / "desk.tar"

    return take


def put_back(file: Path, keys: KeysetFile, outside: Outside | None = None, *, force: bool = False,
             accept_missing: bool = False) -> Restored:  # fmt: skip
    """Restore into the database that is in use."""
    return restore(file, keys=keys, outside=outside or Outside(), actor=SYSTEM, at=NOON,
                   force=force, accept_missing=accept_missing)  # fmt: skip


def stop_at(url: str, what: str, stage: str, file: Path, keys: KeysetFile) -> None:
    """Have another process back up or restore, and kill it in the middle."""
    connections.close_all()
    key = file.with_name("key.txt")
    key.write_text(KEY.text)
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, STOP_AT, url, what, stage, file, keys.path, key],
        stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
    assert said == "here\n"
