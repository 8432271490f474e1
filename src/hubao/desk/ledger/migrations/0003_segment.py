"""Segments, and triggers that let go of those entries alone that lie in one."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_REFUSED: Final = "the ledger is append-only"
_PLACE: Final = (
    "(SELECT place + OLD.id - entry FROM ledger_run WHERE entry <= OLD.id"
    " AND OLD.id < entry + length ORDER BY entry DESC LIMIT 1)"
)
_ARCHIVED: Final = "(SELECT coalesce(max(place + length), 0) FROM ledger_segment)"
# Without a place, an entry is in no segment.
_IS_KEPT: Final = {
    "ledger_entry": f"{_PLACE} IS NULL OR {_PLACE} >= {_ARCHIVED}",
    "ledger_about": "EXISTS (SELECT 1 FROM ledger_entry WHERE id = OLD.entry)",
}


def _on_sqlite() -> Iterator[str]:
    for table, is_kept in _IS_KEPT.items():
        yield f"DROP TRIGGER {table}_no_delete"
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {is_kept} "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    for event in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER ledger_segment_no_{event.lower()} BEFORE {event} ON ledger_segment "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    yield (
        "CREATE TRIGGER ledger_segment_no_replace BEFORE INSERT ON ledger_segment "  # noqa: S608
        "WHEN EXISTS (SELECT 1 FROM ledger_segment WHERE place = NEW.place) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    )


def _on_postgresql() -> Iterator[str]:
    for table, is_kept in _IS_KEPT.items():
        yield f"DROP TRIGGER {table}_fixed ON {table}"
        yield (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
        yield (
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {is_kept} THEN RAISE EXCEPTION '{_REFUSED}'; END IF;"
            " RETURN OLD; END $$"
        )
        yield (
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_keep()"
        )
    yield (
        "CREATE TRIGGER ledger_segment_fixed BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON ledger_segment FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )


def _back_on_sqlite() -> Iterator[str]:
    for table in _IS_KEPT:
        yield f"DROP TRIGGER {table}_no_delete"
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def _back_on_postgresql() -> Iterator[str]:
    for table in _IS_KEPT:
        yield f"DROP TRIGGER {table}_kept ON {table}"
        yield f"DROP FUNCTION {table}_keep()"
        yield f"DROP TRIGGER {table}_fixed ON {table}"
        yield (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )


def _restore_triggers(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    on_sqlite = editor.connection.vendor == "sqlite"
    for statement in (_back_on_sqlite if on_sqlite else _back_on_postgresql)():
        editor.execute(statement)


def _create_triggers(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in (_on_sqlite if editor.connection.vendor == "sqlite" else _on_postgresql)():
        editor.execute(statement)


class Migration(migrations.Migration):
    """The table and its triggers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("ledger", "0002_count")]
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("place", models.BigIntegerField(primary_key=True, serialize=False)),
                ("length", models.IntegerField()),
                ("until", models.DateField()),
                ("digest", models.CharField(max_length=64)),
            ],
            options={"db_table": "ledger_segment"},
        ),
        migrations.RunPython(_create_triggers, _restore_triggers),
    ]
