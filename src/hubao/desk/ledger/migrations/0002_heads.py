"""Signed tree heads; their table is append-only as the others are."""

from typing import Any, ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_ON_SQLITE = (
    *(
        f"CREATE TRIGGER ledger_head_no_{event.lower()} BEFORE {event} ON ledger_head "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        for event in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER ledger_head_no_replace BEFORE INSERT ON ledger_head "
    "WHEN EXISTS (SELECT 1 FROM ledger_head WHERE id = NEW.id OR note = NEW.note) "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)
_ON_POSTGRESQL = (
    "CREATE TRIGGER ledger_head_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
)


def _create_triggers(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _ON_SQLITE if editor.connection.vendor == "sqlite" else _ON_POSTGRESQL:
        editor.execute(statement)


class Migration(migrations.Migration):
    """Table and triggers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("ledger", "0001_initial")]
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("note", models.TextField(unique=True)),
            ],
            options={"db_table": "ledger_head"},
        ),
        migrations.RunPython(_create_triggers, migrations.RunPython.noop),
    ]
