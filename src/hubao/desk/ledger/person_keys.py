"""Keys of people whose entries were archived: one destroyed, and these can't be read any more.

They lie in a file of their own that no backup of the desk holds, since what a backup holds can't
be destroyed. They are there to be forgotten, not to hide: entries hold ids, words and counts only.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from hubao.kit.errors import HubaoError, Kind
from hubao.seal.segments import PersonKey

_MADE: Final = """
CREATE TABLE IF NOT EXISTS person_key (
    person TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, secret BLOB NOT NULL
) WITHOUT ROWID
"""
_MODE: Final = 0o600


class NoPersonKeys(HubaoError):  # noqa: N818 - says what happened, as its base does
    """The file of people's keys can't be used."""

    code = "ledger.no_person_keys"
    kind = Kind.UNAVAILABLE


class PersonKeys:
    """The file of keys.

    Args:
        path: of the file; made when the first key is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, people: Iterable[str]) -> Mapping[str, PersonKey]:
        """Give people's keys; those who have none get one, on disk when this returns.

        Raises:
            NoPersonKeys: the file can't be used.
        """
        wanted = set(people)
        with self._open() as file:
            known = {person: key for person, key in _all(file) if person in wanted}
            fresh = {person: PersonKey.new() for person in sorted(wanted - known.keys())}
            file.executemany(
                "INSERT INTO person_key VALUES (?, ?, ?)",
                [(person, key.token, key.secret) for person, key in fresh.items()],
            )
        return {**known, **fresh}

    def by_token(self) -> Mapping[str, PersonKey]:
        """Give every key that is left.

        Raises:
            NoPersonKeys: the file can't be used.
        """
        if not self._path.exists():
            return {}
        with self._open() as file:
            return {key.token: key for _, key in _all(file)}

    def token_of(self, person: str) -> str | None:
        """Give what stands for somebody in segments; None if they have no key.

        Raises:
            NoPersonKeys: the file can't be used.
        """
        if not self._path.exists():
            return None
        with self._open() as file:
            rows = file.execute("SELECT token FROM person_key WHERE person = ?", [person])
            row = rows.fetchone()
        return row[0] if row else None

    def destroy(self, person: str) -> None:
        """Destroy somebody's key, if they have one.

        Raises:
            NoPersonKeys: the file can't be used.
        """
        with self._open() as file:
            file.execute("DELETE FROM person_key WHERE person = ?", [person])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        try:
            self._path.touch(mode=_MODE)
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as file:
                file.execute("PRAGMA synchronous = EXTRA")
                file.execute("PRAGMA secure_delete = ON")  # zeroes where a key stood
                file.execute("BEGIN IMMEDIATE")
                file.execute(_MADE)
                yield file
                file.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise NoPersonKeys(
                f"The file of people's keys, {self._path}, can't be used ({type(error).__name__}):"
                " see HUBAO_PERSON_KEYS."
            ) from error


def _all(file: sqlite3.Connection) -> Iterator[tuple[str, PersonKey]]:
    rows = file.execute("SELECT person, token, secret FROM person_key").fetchall()
    return ((person, PersonKey(token, secret)) for person, token, secret in rows)
