"""The ledger's tables, and the triggers that make them append-only on both databases."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_REFUSED: Final = "the ledger is append-only"
_KEYS: Final = {
    "ledger_entry": "id = NEW.id",
    "ledger_leaf": "place = NEW.place OR entry = NEW.entry",
    "ledger_node": "level = NEW.level AND place = NEW.place",
}


def _on_sqlite() -> Iterator[str]:
    for table, key in _KEYS.items():
        for event in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )
        # INSERT OR REPLACE takes the old row away without firing the trigger of a deletion.
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - constants
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    yield (
        "CREATE TRIGGER ledger_entry_pending AFTER INSERT ON ledger_entry "
        "BEGIN INSERT INTO ledger_pending (entry) VALUES (NEW.id); END"
    )


def _on_postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    for table in _KEYS:
        yield (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    yield (
        "CREATE FUNCTION ledger_enter() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO ledger_pending (entry) SELECT id FROM added; RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER ledger_entry_pending AFTER INSERT ON ledger_entry "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_enter()"
    )


def _create_triggers(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in (_on_sqlite if editor.connection.vendor == "sqlite" else _on_postgresql)():
        editor.execute(statement)


def _entry(*, primary_key: bool = False) -> "models.OneToOneField[Any, Any]":
    return models.OneToOneField(
        db_column="entry",
        on_delete=django.db.models.deletion.PROTECT,
        primary_key=primary_key,
        serialize=not primary_key,
        to="ledger.entry",
    )


class Migration(migrations.Migration):
    """Tables and triggers."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("body", models.TextField()),
                ("at", models.DateTimeField(db_index=True)),
                ("action", models.CharField(max_length=60)),
                ("actor", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=60, null=True)),
            ],
            options={
                "db_table": "ledger_entry",
                "indexes": [
                    models.Index(fields=["subject", "id"], name="ledger_entry_subject"),
                    models.Index(fields=["actor", "id"], name="ledger_entry_actor"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("place", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry", _entry()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={"db_table": "ledger_leaf"},
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level",
                        "place",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("place", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={"db_table": "ledger_node"},
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[("entry", _entry(primary_key=True))],
            options={"db_table": "ledger_pending"},
        ),
        migrations.RunPython(_create_triggers, migrations.RunPython.noop),
    ]
