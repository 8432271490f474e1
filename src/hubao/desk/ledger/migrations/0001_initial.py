"""The ledger's tables, and the triggers that make them append-only on both databases."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_REFUSED: Final = "the ledger is append-only"
_KEYS: Final = {
    "ledger_entry": "id = NEW.id",
    "ledger_run": "place = NEW.place OR entry = NEW.entry",
    "ledger_node": "level = NEW.level AND place = NEW.place",
    "ledger_head": "id = NEW.id OR note = NEW.note",
    "ledger_about": None,  # a row that is replaced is the same row
}
_ABOUT: Final = (
    "CREATE TABLE ledger_about (key varchar(70) NOT NULL, entry bigint NOT NULL, "
    "PRIMARY KEY (key, entry))"
)


def _on_sqlite() -> Iterator[str]:
    yield f"{_ABOUT} WITHOUT ROWID"
    for table, key in _KEYS.items():
        for event in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )
        if key is None:
            continue
        # INSERT OR REPLACE takes the old row away without firing the trigger of a deletion.
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - constants
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    # One writes at a time here, so whatever was committed later has a higher id.
    yield (
        "CREATE VIEW ledger_pending AS SELECT id AS entry FROM ledger_entry WHERE id > "
        "coalesce((SELECT entry + length - 1 FROM ledger_run ORDER BY place DESC LIMIT 1), 0)"
    )


def _on_postgresql() -> Iterator[str]:
    yield _ABOUT
    yield (
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    for table in _KEYS:
        yield (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    # Ids are given before commits here: only a list says which entries have no place yet.
    yield "CREATE TABLE ledger_pending (entry bigint PRIMARY KEY)"
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
            ],
            options={"db_table": "ledger_entry"},
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("place", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField(unique=True)),
                ("length", models.IntegerField()),
            ],
            options={
                "db_table": "ledger_run",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("length__gte", 1)), name="ledger_run_holds_some"
                    )
                ],
            },
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
            name="About",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key",
                        "entry",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(max_length=70)),
                ("entry", models.BigIntegerField()),
            ],
            options={"db_table": "ledger_about", "managed": False},
        ),
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
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("place", models.BigIntegerField()),
            ],
            options={"db_table": "ledger_mark"},
        ),
        migrations.RunPython(_create_triggers, migrations.RunPython.noop),
    ]
