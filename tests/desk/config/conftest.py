"""What tests of backups share: a desk, a place to restore to, and what is done to files."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, connections

from hubao.desk.config.backup.archive import Archive, write_archive
from hubao.desk.config.backup.manifest import Member, mac_of
from hubao.desk.config.backup.restoring import Restored, restore
from hubao.desk.config.backup.taking import back_up
from hubao.desk.config.backup.verifying import Outside
from hubao.desk.core.keys import KeysetFile
from hubao.desk.ledger.heads import sign_head
from hubao.desk.ledger.rules import Entered
from hubao.seal.fields import Fields
from hubao.seal.keyset import Key, LocalKey
from hubao.seal.signer import Signer
from hubao.seal.suites import Suite
from tests.desk.conftest import use
from tests.makers.desk import KEYSET, NOON, SYSTEM, append_entries

STOP_AT = Path(__file__).with_name("stop_at.py")
KEY = Key.new(Suite.INTERNATIONAL)  # the key-encryption key, which is in no backup

Taken = Callable[[], Path]
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNING.public_key()
ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.needs("postgres"))], indirect=True
)


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


def fill(count: int = 10, who: str = "E") -> None:
    append_entries(
        Entered(action="policy.reveal", actor=f"{who}{n}", at=NOON, subject="b1",
                facts={"fields": ["phone"]})
        for n in range(count)
    )  # fmt: skip


def sign(folder: Path) -> str:
    signer = Signer(SIGNING, "test/ledger", folder / "last-head")
    return sign_head(origin="test/ledger", ask=signer.sign, key=PUBLIC, at=NOON)


def is_untouched() -> bool:
    """Whether nothing has come into the database that is in use."""
    if connection.vendor == "sqlite":
        return not Path(str(connection.settings_dict["NAME"])).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hubao%%'")
        return not connection.introspection.table_names() and not cursor.fetchall()


def set_aside(database: str) -> list[str]:
    """Name what stands aside for what was replaced."""
    if connection.vendor == "sqlite":
        path = Path(urlsplit(database).path)
        return [one.name for one in path.parent.glob(f"{path.name}.replaced-*")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hubao%%'")
        return [name for (name,) in cursor.fetchall()]


def members(file: Path, folder: Path) -> list[Path]:
    """Unpack a backup, in order."""
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
        return [folder / name for name in tar.getnames()]


def packed(parts: list[Path], into: Path) -> Path:
    with tarfile.open(into, "w", format=tarfile.GNU_FORMAT) as tar:
        for part in parts:
            tar.add(part, part.name)
    return into


def forged(file: Path, folder: Path, fields: Fields, **changed: object) -> Path:
    """A backup with another manifest, by somebody who has the keys."""
    with Archive.opened(file) as archive:
        manifest = archive.manifest
    parts = members(file, folder)[:2]

    def described(found: Sequence[Member]) -> tuple[str, str]:
        text = manifest.model_copy(update={"members": tuple(found), **changed}).text()
        return text, mac_of(text, fields=fields)

    write_archive(folder / "forged.tar", members=parts, described=described)
    return folder / "forged.tar"


def empty_desk(elsewhere: str, database: str) -> None:
    """A desk in which nobody has done anything."""
    if database.startswith("sqlite"):
        Path(urlsplit(elsewhere).path).parent.mkdir()
        use(elsewhere)
        call_command("migrate", verbosity=0)
        return
    name = urlsplit(elsewhere).path.removeprefix("/")
    with psycopg.connect(elsewhere.replace(f"/{name}?", "/postgres?"), autocommit=True) as there:
        there.execute(f"DROP DATABASE {name}".encode())
        there.execute(f"CREATE DATABASE {name} TEMPLATE empty".encode())
