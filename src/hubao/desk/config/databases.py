"""How the database is opened: SQLite for one machine, PostgreSQL where there are more."""

from typing import Any, Final

import dj_database_url

_SQLITE: Final = {
    # Writers queue at BEGIN: in the deferred mode two who read first would both fail.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds that a writer waits for another
    # FULL: what is committed survives a power cut, which is the ledger's whole point.
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
}


def database(url: str) -> dict[str, Any]:
    """Give Django's settings of a database."""
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None))
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["OPTIONS"] = {**_SQLITE, **found.get("OPTIONS", {})}
    return found
