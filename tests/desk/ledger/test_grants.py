"""The role that the desk runs as on PostgreSQL: it does its work, and changes no ledger."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import Error, connection

from hubao.desk.core.actor import Role
from hubao.desk.ledger.archiving import archive
from hubao.desk.ledger.grants import BY_OWNER, FIXED, NoRoles, grant
from hubao.desk.ledger.letting_go import NotOwner
from hubao.desk.ledger.models import Entry
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.desk.ledger.queries import size
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.shelving import Archive
from hubao.desk.policies.operations.reveal import reveal
from hubao.desk.policies.rules import Purpose
from tests.desk.conftest import use
from tests.desk.ledger.test_archiving import BEFORE, PUBLIC, YEARS, enter, published
from tests.makers.desk import (
    CLEAR,
    FIELDS,
    NOON,
    SYSTEM,
    actor,
    append_entries,
    denials,
    make_branches,
    make_item,
    make_policy,
    said,
)


@pytest.fixture
def as_desk(database: str) -> str:
    """The database as the desk's own role sees it."""
    name = f"desk_{database.partition('?')[0].rpartition('/')[2]}"
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN")
    grant(name)
    return database.replace("//hubao@", f"//{name}@")


@pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.needs("postgres"))], indirect=True
)
class TestGrant:
    def test_lets_the_desk_do_its_work(self, as_desk: str, tmp_path: Path) -> None:
        use(as_desk)
        make_branches()
        record = make_policy()
        item = make_item(record)

        shown = reveal(record=record, field="phone", purpose=Purpose.SERVICE, item=item,
                       actor=actor("li", Role.CLERK), at=NOON, fields=FIELDS,
                       denials=denials(tmp_path))  # fmt: skip
        append_entries([Entered(action="policy.put", actor="x", at=NOON)])

        assert shown.value == CLEAR["phone"]
        sequence_pending()
        assert size() == len(said())

    def test_lets_it_archive_nothing(self, as_desk: str, tmp_path: Path) -> None:
        enter(300, NOON - YEARS)
        published(tmp_path, NOON - YEARS + timedelta(days=1))
        use(as_desk)
        to = Archive(tmp_path / "shelf", PersonKeys(tmp_path / "person-keys.sqlite3"), PUBLIC)

        with pytest.raises(NotOwner, match="owns the tables"):
            archive(to, before=BEFORE, actor=SYSTEM, at=NOON)

        assert Entry.objects.count() == 300

    @pytest.mark.parametrize("table", [*FIXED, BY_OWNER])
    @pytest.mark.parametrize("order", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_lets_it_change_nothing(self, table: str, order: str, as_desk: str) -> None:
        use(as_desk)

        with pytest.raises(Error, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(order.format(table))

    def test_lets_it_not_take_the_triggers_away(self, as_desk: str) -> None:
        use(as_desk)

        with pytest.raises(Error, match="must be owner"), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER ledger_entry_fixed ON ledger_entry")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("role", ["nobody_here", "hubao", 'x"; DROP TABLE ledger_entry; --'])
def test_refuses_a_role_that_would_not_help(role: str) -> None:
    with pytest.raises(NoRoles):
        grant(role)
