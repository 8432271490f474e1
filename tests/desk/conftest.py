"""The desk under test: settings of its own, and a fresh real database for each test."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from hubao.desk.config.databases import database as database_settings
from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from tests.makers import postgres

settings.configure(**django_settings(ENV))
django.setup()


def use(url: str) -> None:
    """Open another database from now on, in every thread."""
    connections.close_all()
    connections.settings["default"].clear()
    connections.settings["default"].update(connections.configure_settings(
        {"default": database_settings(url)})["default"])  # fmt: skip
    connections["default"] = connections.create_connection("default")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    use(f"sqlite:///{path}")
    call_command("migrate", verbosity=0)
    connections.close_all()
    with sqlite3.connect(path) as there:
        there.execute("PRAGMA journal_mode = DELETE")
    return path


@pytest.fixture(scope="session")
def migrated_server() -> Iterator[str]:
    """A PostgreSQL server whose database "template" has all tables and nothing in them."""
    with postgres.server() as url:
        with psycopg.connect(url, autocommit=True) as there:
            there.execute("CREATE DATABASE empty")
        use(url.replace("/postgres?", "/empty?"))
        call_command("migrate", verbosity=0)
        connections.close_all()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database; the test runs on each kind. Gives its URL."""
    fresh: Callable[[pytest.FixtureRequest, Path], str] = (
        _fresh_file if request.param == "sqlite" else _fresh_database
    )
    url = fresh(request, tmp_path)
    use(url)
    yield url
    connections.close_all()


def _fresh_file(request: pytest.FixtureRequest, folder: Path) -> str:
    path = folder / "hubao.sqlite3"
    path.write_bytes(request.getfixturevalue("migrated_file").read_bytes())
    return f"sqlite:///{path}"


def _fresh_database(request: pytest.FixtureRequest, folder: Path) -> str:
    url: str = request.getfixturevalue("migrated_server")
    name = f"test_{abs(hash(folder))}"
    with psycopg.connect(url, autocommit=True) as there:
        there.execute(f"CREATE DATABASE {name} TEMPLATE empty")
    return url.replace("/postgres?", f"/{name}?")
