"""PostgreSQL rights of the role that the desk runs as: it may add to the ledger, and no more.

The triggers refuse changes to everybody, but their owner can drop them. So the role that owns the
tables makes and migrates them, and the desk signs in to the database as another one.
"""

from typing import Final

from django.db import connection

from hubao.desk.core.transactions import durable
from hubao.kit.errors import BadInput

FIXED: Final = ("ledger_entry", "ledger_run", "ledger_node", "ledger_head", "ledger_about")
BY_OWNER: Final = "ledger_segment"  # archiving takes entries away, which the desk itself may not


class NoRoles(BadInput):
    """This database has no roles, or not this one."""

    code = "ledger.no_roles"


def grant(role: str) -> None:
    """Give a role what the desk needs, and nothing that could change the ledger.

    Raises:
        NoRoles: the database is SQLite, or there is no such role, or it owns the tables.
    """
    if connection.vendor != "postgresql":
        raise NoRoles("SQLite has no roles: whoever may write its file may change it.")
    with durable(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None or found[0] or role == connection.settings_dict["USER"]:
            raise NoRoles(
                "Name a role that exists, is no superuser and doesn't own the tables:"
                " CREATE ROLE … LOGIN first."
            )
        quoted = connection.ops.quote_name(role)
        everything = "ALL TABLES IN SCHEMA public"
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(FIXED)} FROM {quoted}")
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {BY_OWNER} FROM {quoted}")
