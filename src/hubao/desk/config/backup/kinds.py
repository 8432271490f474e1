"""Which kind of database this desk has."""

from django.db import connection

from hubao.desk.config.backup.kind import Database
from hubao.desk.config.backup.postgres import POSTGRESQL
from hubao.desk.config.backup.sqlite import SQLITE


def ours() -> Database:
    """Give the kind of this desk's database."""
    return {one.name: one for one in (SQLITE, POSTGRESQL)}[connection.vendor]
