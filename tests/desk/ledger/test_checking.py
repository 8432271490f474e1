"""Reading the whole log again finds what the database's owner did to it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.counts import count_placed
from hubao.desk.ledger.heads import sign_head
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.proof import BadProof, NoHead, is_proved, prove
from hubao.desk.ledger.publishing import BadOutside, Folder, NotPublished, places, publish
from hubao.desk.ledger.queries import NoSuchEntry
from hubao.desk.ledger.rules import Entered
from hubao.seal.signer import Signer
from tests.makers.desk import actor, append_entries

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
AUDITOR = actor("k1", Role.COMPLIANCE)


def fill(count: int = 10) -> None:
    append_entries(
        Entered(action="policy.reveal", actor=f"E{n}", at=NOON, subject="b1") for n in range(count)
    )
    sequence_pending()


def sign(folder: Path, hours: int = 0) -> str:
    signer = Signer(KEY, "test/ledger", folder / "last-head")
    at = NOON + timedelta(hours=hours)
    return sign_head(origin="test/ledger", ask=signer.sign, key=PUBLIC, at=at)


def as_owner(*statements: str) -> None:
    """What whoever owns the database can do: take the triggers away, then anything."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name FROM sqlite_master"
                " WHERE type = 'trigger' AND name LIKE '%!_no!_%' ESCAPE '!'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            for table in ("entry", "run", "node", "head", "about"):
                cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ledger_{table}_fixed")
            for table in ("entry", "about"):
                cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ledger_{table}_kept")
        for statement in statements:
            cursor.execute(statement)


CHANGED = "UPDATE ledger_entry SET body = replace(body, 'E3\"', 'E4\"')"
RENAMED = "UPDATE ledger_about SET key = 'a:E4' WHERE key = 'a:E3'"
HIDDEN = "DELETE FROM ledger_about WHERE key = 'a:E3'"
CUT_OFF = "DELETE FROM ledger_run WHERE place > 7"
SHORTENED = "UPDATE ledger_run SET length = length - 1"
TWICE = "UPDATE ledger_run SET entry = (SELECT min(id) + 1 FROM ledger_entry) WHERE place = 8"
HOLE = "DELETE FROM ledger_entry WHERE id = (SELECT min(id) + 4 FROM ledger_entry)"


@pytest.mark.usefixtures("database")
class TestCheck:
    def test_finds_nothing_in_a_log_as_it_was(self, tmp_path: Path) -> None:
        fill()
        first = sign(tmp_path)
        fill(7)
        sign(tmp_path, 1)

        found = check(outside=[first], key=PUBLIC)

        assert (found.entries, found.heads, found.pending, found.faults) == (17, 3, 0, [])

    def test_looks_at_one_moment_while_others_go_on_writing(self) -> None:
        fill(6_000)
        count_placed(units=lambda _: {})

        def write() -> None:
            fill(3)
            count_placed(units=lambda _: {})
            connection.close()

        def told(done: int, _entries: int) -> None:
            if done == 5_000:
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(write).result()

        found = check(told=told)

        assert (found.entries, found.faults) == (6_000, [])
        assert check().entries == 6_003

    @pytest.mark.parametrize(
        ("statements", "fault"),
        [
            ([CHANGED], "aren't those of a signed head"),
            ([RENAMED], "1 entries can't be found by what they say, 1 by what they don't"),
            ([HIDDEN], "1 entries can't be found by what they say, 0 by what they don't"),
            ([CUT_OFF], "entries are missing"),
            ([SHORTENED], "place 7 of the log is empty"),
            ([TWICE], "aren't those of a signed head"),
            ([HOLE], "place 4 of the log is empty"),
        ],
        ids=[
            "changed", "found by another", "hidden", "cut off", "shortened", "twice", "taken away"
        ],
    )  # fmt: skip
    def test_finds_what_was_tampered_with(
        self, statements: list[str], fault: str, tmp_path: Path
    ) -> None:
        fill(8)
        fill(2)
        head = sign(tmp_path)

        as_owner(*statements)

        faults = check(outside=[head], key=PUBLIC).faults
        assert any(fault in one for one in faults), faults

    def test_finds_a_log_that_was_written_anew_by_a_head_outside(self, tmp_path: Path) -> None:
        fill()
        outside = sign(tmp_path)
        as_owner(
            "DELETE FROM ledger_head",
            "DELETE FROM ledger_run",
            "DELETE FROM ledger_node",
            "DELETE FROM ledger_about",
            "DELETE FROM ledger_mark",
            "DELETE FROM ledger_entry",
        )
        fill(9)

        assert check(outside=[], key=PUBLIC).faults == []
        assert check(outside=[outside], key=PUBLIC).faults != []

    def test_says_where_a_changed_entry_is_once_256_stand_there(self) -> None:
        fill(300)

        as_owner(
            "UPDATE ledger_entry SET body = '{}'"
            " WHERE id = (SELECT min(id) + 255 FROM ledger_entry)"
        )

        assert "the stored tree isn't that of the entries at places 0 to 255" in check().faults

    def test_finds_entries_that_were_kept_from_the_tree(self) -> None:
        fill()
        as_owner("INSERT INTO ledger_entry (id, body) VALUES (-5, '{}')")
        if connection.vendor == "postgresql":
            as_owner("DELETE FROM ledger_pending")

        assert check().faults == ["1 entries have no place and wait for none"]


@pytest.mark.usefixtures("database")
class TestProve:
    def test_gives_what_anybody_can_check(self, tmp_path: Path) -> None:
        fill()
        sign(tmp_path)

        text = prove(event=_event(), actor=AUDITOR)

        assert is_proved(text, key=PUBLIC)
        told = json.loads(text)
        other = told | {"entry": told["entry"].replace('"E0"', '"E1"')}
        assert not is_proved(json.dumps(other), key=PUBLIC)

    def test_needs_a_head_over_the_entry(self, tmp_path: Path) -> None:
        fill(3)
        with pytest.raises(NoHead):
            prove(event=_event(), actor=AUDITOR)
        sign(tmp_path)
        fill(1)

        with pytest.raises(NoSuchEntry):
            prove(event=_event(last=True), actor=AUDITOR)
        with pytest.raises(NoSuchEntry):
            prove(event="%", actor=AUDITOR)

    @pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.ADMIN])
    def test_is_for_those_who_read_proofs(self, role: Role) -> None:
        with pytest.raises(NotAllowed):
            prove(event="e1", actor=actor("x", role))

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"entry": 1, "path": [3]}'])
    def test_other_texts_are_no_proofs(self, text: str) -> None:
        with pytest.raises(BadProof):
            is_proved(text, key=PUBLIC)


def _event(*, last: bool = False) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger_entry ORDER BY id")
        bodies = [row[0] for row in cursor.fetchall()]
    body: str = bodies[-1 if last else 0]
    return body.partition('"event":"')[2].partition('"')[0]


class TestPublish:
    def test_puts_a_head_into_every_place_once(self, tmp_path: Path) -> None:
        to = places(f"file:{tmp_path / 'a'}, file:{tmp_path / 'b'}", mail_server=None)

        counts = [publish("note", size=7, to=to) for _ in range(2)]

        assert counts == [2, 2]
        files = list(tmp_path.glob("?/head-000000000007-*.txt"))
        assert [path.read_text() for path in files] == ["note", "note"]

    def test_complains_when_only_one_place_is_left(self, tmp_path: Path) -> None:
        (tmp_path / "gone").write_text("a file where a folder was")

        with pytest.raises(NotPublished):
            publish("note", size=7, to=[Folder(tmp_path / "a"), Folder(tmp_path / "gone" / "b")])

        assert list((tmp_path / "a").iterdir())

    def test_sends_mail(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent = _Sent()
        monkeypatch.setattr("smtplib.SMTP", sent.open)

        publish("note", size=7, to=places("mail:audit@insurer.example", mail_server="mail:2525"))

        assert sent.told == ("mail", 2525, "audit@insurer.example", "note\n")

    @pytest.mark.parametrize("told", ["file:", "mail:x@y", "ftp:host", "folder"])
    def test_refuses_a_place_that_is_none(self, told: str) -> None:
        with pytest.raises(BadOutside):
            places(told, mail_server=None)


class _Sent:
    told: tuple[str, int, str, str]

    def open(self, host: str, port: int, timeout: int) -> "_Sent":
        del timeout
        self._server = host, port
        return self

    def __enter__(self) -> "_Sent":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send_message(self, message: EmailMessage) -> None:
        self.told = (*self._server, message["To"], message.get_content())
