"""The cache's table: counts of failed sign-ins, which all processes share."""

from typing import Any, ClassVar

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def _create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """One table, made as Django's own command makes it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("core", "0001_initial")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(_create, migrations.RunPython.noop)]
