"""Old entries leave the database in sealed segments; all that was signed still verifies."""

import json
import subprocess
import sys
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection

from hubao.desk.core.actor import NotAllowed, Role
from hubao.desk.core.transactions import durable
from hubao.desk.ledger import archiving, queries
from hubao.desk.ledger.archiving import NotOutside, archive
from hubao.desk.ledger.checking import check
from hubao.desk.ledger.counts import count_placed
from hubao.desk.ledger.erasing import NothingArchived, erase
from hubao.desk.ledger.export import lines
from hubao.desk.ledger.heads import sign_head
from hubao.desk.ledger.lake import export_to_lake
from hubao.desk.ledger.models import About, Count, Entry, Mark, Segment
from hubao.desk.ledger.models import Head as KeptHead
from hubao.desk.ledger.operations import sequence_pending
from hubao.desk.ledger.person_keys import PersonKeys
from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.segments import NoSegment, Shelf
from hubao.desk.ledger.shelving import Archive
from hubao.seal.segments import read_frame
from hubao.seal.signer import Signer
from tests.makers.desk import NOON, SYSTEM, actor, append_entries, said
from tests.makers.killed import kill, running

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
YEARS = timedelta(days=4 * 365)
BEFORE = NOON - timedelta(days=3 * 365)
VERIFIER = Path(__file__).parents[3] / "docs" / "verify_ledger.py"

pytestmark = pytest.mark.usefixtures("database")


def enter(count: int, at: datetime, who: str = "li") -> None:
    """Entries, each a minute after the one before, about two records in turn."""
    append_entries(
        Entered(action="policy.reveal", actor=who, at=at + n * timedelta(minutes=1),
                subject=f"b{n % 2}")
        for n in range(count)
    )  # fmt: skip
    sequence_pending()


def published(folder: Path, at: datetime = NOON) -> str:
    """Have a head signed and said to be outside, and all jobs done behind it."""
    signer = Signer(KEY, "test/ledger", folder / "last-head")
    note = sign_head(origin="test/ledger", ask=signer.sign, key=PUBLIC, at=at)
    Mark.objects.update_or_create(
        name=queries.PUBLISHED, defaults={"place": KeptHead.objects.get(note=note).id}
    )
    count_placed(units=lambda _: {})
    export_to_lake(folder / "lake", actions={})
    return note


@pytest.fixture
def to(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "shelf", PersonKeys(tmp_path / "person-keys.sqlite3"), PUBLIC)


@pytest.fixture
def heads(tmp_path: Path) -> list[str]:
    """A log of 600 old entries and 100 new ones, with a head held outside of each time."""
    enter(300, NOON - YEARS)
    heads = [published(tmp_path, NOON - YEARS + timedelta(days=1))]
    enter(300, NOON - YEARS + timedelta(days=30), who="wang")
    heads.append(published(tmp_path, NOON - YEARS + timedelta(days=31)))
    enter(100, NOON)
    return [*heads, published(tmp_path)]


def put_away(to: Archive) -> int:
    return archive(to, before=BEFORE, actor=SYSTEM, at=NOON)


def shelf(to: Archive) -> Shelf:
    return Shelf(to.folder, to.keys)


class TestArchive:
    def test_takes_whole_nodes_of_old_entries_off_the_database(
        self, to: Archive, heads: list[str]
    ) -> None:
        assert len(heads) == 3

        assert put_away(to) == 512

        assert Entry.objects.count() == 700 - 512 + 1
        assert said(action="ledger.archived")[0]["fact.entries"] == 512
        assert About.objects.filter(key="a:li").count() == 100  # the new ones only
        assert [path.name for path in to.folder.iterdir()] == [
            "ledger-000000000000-000000000512.jsonl.gz"
        ]

    def test_ledger_verifies_without_segments_but_for_heads_within_them(
        self, to: Archive, heads: list[str]
    ) -> None:
        put_away(to)

        found = check(outside=heads, key=PUBLIC)

        assert (found.faults, found.archived, found.unseen) == (
            [],
            512,
            2,
        )  # one of ours, one outside

    def test_ledger_verifies_with_segments_against_every_head(
        self, to: Archive, heads: list[str]
    ) -> None:
        put_away(to)

        found = check(outside=heads, key=PUBLIC, shelf=shelf(to))

        assert (found.faults, found.unseen, found.heads) == ([], 0, 6)

    def test_goes_on_where_it_was(self, to: Archive, heads: list[str], tmp_path: Path) -> None:
        put_away(to)
        enter(600, NOON)
        published(tmp_path, NOON + timedelta(hours=1))

        assert archive(to, before=NOON + YEARS, actor=SYSTEM, at=NOON) == 768  # of 1,301

        found = check(outside=heads, key=PUBLIC, shelf=shelf(to))
        assert (found.faults, found.archived) == ([], 1280)
        assert Segment.objects.count() == 2

    def test_cuts_what_is_much_into_segments(
        self, to: Archive, heads: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archiving, "AT_ONCE", 256)
        told: list[tuple[int, int]] = []

        archive(to, before=BEFORE, actor=SYSTEM, at=NOON, told=lambda *some: told.append(some))

        assert told == [(256, 512), (512, 512)]
        assert check(outside=heads, key=PUBLIC, shelf=shelf(to)).faults == []
        assert [read_frame(path).end for path in sorted(to.folder.iterdir())] == [256, 512]

    def test_goes_by_the_heads_as_an_entry_may_be_of_a_wrong_clock(
        self, to: Archive, tmp_path: Path
    ) -> None:
        enter(1, NOON + YEARS)
        enter(300, NOON - YEARS)
        published(tmp_path, NOON - YEARS + timedelta(days=1))

        assert put_away(to) == 256
        assert check(key=PUBLIC).faults == []

    def test_leaves_what_is_young(self, to: Archive, heads: list[str]) -> None:
        assert archive(to, before=NOON - YEARS, actor=SYSTEM, at=NOON) == 0
        assert not to.folder.exists()
        assert heads

    @pytest.mark.parametrize("name", ["about", "counts", "lake"])
    def test_leaves_what_a_job_has_not_read_yet(
        self, to: Archive, heads: list[str], name: str
    ) -> None:
        Mark.objects.filter(name=name).update(place=300)

        assert put_away(to) == 256
        assert heads

    def test_without_a_head_that_old_leaves_all(self, to: Archive, tmp_path: Path) -> None:
        enter(600, NOON - YEARS)
        published(tmp_path)

        assert put_away(to) == 0

    def test_without_a_head_outside_says_what_to_do(self, to: Archive) -> None:
        enter(600, NOON - YEARS)

        with pytest.raises(NotOutside, match="hubao ledger head"):
            put_away(to)

    def test_is_nobodys_whose_role_is_not_given_it(self, to: Archive) -> None:
        for role in Role:
            with pytest.raises(NotAllowed):
                archive(to, before=BEFORE, actor=actor("li", role), at=NOON)

    def test_takes_what_single_people_did_on_those_days(
        self, to: Archive, heads: list[str]
    ) -> None:
        put_away(to)

        old = Count.objects.filter(day__lt=BEFORE.date())
        assert {one.of for one in old} == {"all"}
        assert heads

    def test_nothing_that_was_archived_is_left_in_the_files(
        self, to: Archive, heads: list[str], tmp_path: Path
    ) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL's files belong to the server")
        events = [json.loads(line)["event"] for line in lines()][:512]
        files = [tmp_path / "hubao.sqlite3", tmp_path / "hubao.sqlite3-wal"]

        put_away(to)

        left = b"".join(path.read_bytes() for path in files if path.exists())
        assert heads
        assert not [event for event in events if event.encode() in left]

    def test_pages_that_follow_the_log_go_on_behind_it(self, to: Archive, heads: list[str]) -> None:
        put_away(to)
        Mark.objects.filter(name="counts").delete()
        Count.objects.all().delete()

        count_placed(units=lambda _: {})

        assert Mark.objects.get(name="counts").place == queries.size()
        assert heads


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)",
            "DELETE FROM ledger_entry",
            "DELETE FROM ledger_about",
            "DELETE FROM ledger_segment",
            "UPDATE ledger_segment SET length = 1024",
            "UPDATE ledger_entry SET body = 'x'",
        ],
    )
    def test_what_is_not_archived_stays(
        self, to: Archive, heads: list[str], statement: str
    ) -> None:
        put_away(to)
        there = Entry.objects.count()

        with pytest.raises(DatabaseError, match="append-only"), durable():
            connection.cursor().execute(statement)

        assert Entry.objects.count() == there
        assert heads


class TestErase:
    def test_makes_entries_unreadable_and_leaves_their_hashes(
        self, to: Archive, heads: list[str]
    ) -> None:
        put_away(to)

        gone = erase("wang", keys=to.keys, actor=SYSTEM, at=NOON)

        kept = [one.body for one in shelf(to).entries()]
        assert kept.count(None) == 212  # hers of the 512
        assert gone.left == 88
        assert check(outside=heads, key=PUBLIC, shelf=shelf(to)).faults == []
        assert "wang" not in json.dumps(said(action="ledger.erased"))

    def test_reaches_those_that_something_was_done_to(self, to: Archive, heads: list[str]) -> None:
        put_away(to)

        erase("b1", keys=to.keys, actor=SYSTEM, at=NOON)

        left = [json.loads(one.body)["subject"] for one in shelf(to).entries() if one.body]
        assert set(left) == {"b0"}
        assert heads

    def test_twice_or_of_nobody_says_so(self, to: Archive, heads: list[str]) -> None:
        put_away(to)
        erase("li", keys=to.keys, actor=SYSTEM, at=NOON)

        for person in ("li", "nobody"):
            with pytest.raises(NothingArchived):
                erase(person, keys=to.keys, actor=SYSTEM, at=NOON)
        assert heads

    def test_is_nobodys_whose_role_is_not_given_it(self, to: Archive) -> None:
        for role in Role:
            with pytest.raises(NotAllowed):
                erase("li", keys=to.keys, actor=actor("li", role), at=NOON)

    def test_leaves_nothing_of_the_key_in_its_file(self, to: Archive, heads: list[str]) -> None:
        put_away(to)
        secret = to.keys.of(["li"])["li"].secret
        file = to.folder.parent / "person-keys.sqlite3"
        assert secret in file.read_bytes()

        erase("li", keys=to.keys, actor=SYSTEM, at=NOON)

        assert secret not in file.read_bytes()
        assert list(file.parent.glob(f"{file.name}-*")) == []
        assert file.stat().st_mode & 0o077 == 0
        assert heads


class TestShelf:
    def test_says_which_file_is_missing_or_another(self, to: Archive, heads: list[str]) -> None:
        put_away(to)
        (path,) = to.folder.iterdir()
        content = path.read_bytes()

        path.write_bytes(content + b"x")
        with pytest.raises(NoSegment, match="isn't the file that was sealed"):
            check(outside=heads, key=PUBLIC, shelf=shelf(to))
        path.unlink()
        with pytest.raises(NoSegment, match=f"{path.name} isn't in"):
            check(outside=heads, key=PUBLIC, shelf=shelf(to))


class TestExport:
    @pytest.mark.parametrize("segments", [True, False])
    def test_verifies_without_hubao(
        self, to: Archive, heads: list[str], tmp_path: Path, segments: bool
    ) -> None:
        put_away(to)
        erase("wang", keys=to.keys, actor=SYSTEM, at=NOON)
        log, held = tmp_path / "ledger.jsonl", tmp_path / "head"
        log.write_text("".join(f"{line}\n" for line in lines(shelf(to) if segments else None)))
        files = []
        for number, head in enumerate(heads):
            files.append(held.with_suffix(f".{number}"))
            files[-1].write_text(head, encoding="utf-8")

        done = subprocess.run(
            [sys.executable, "-I", VERIFIER, b64encode(PUBLIC.public_bytes_raw()).decode(),
             log, *files],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert done.stderr == ""
        assert "head.2: the first 700 entries are as they were" in done.stdout
        assert f"{212 if segments else 512:,} of them erased" in done.stdout
        # A head within what has only one hash left can't be held to it.
        assert done.returncode == (0 if segments else 1)
        assert ("head.0: the first 300 entries are as they were" in done.stdout) == segments


def archive_step_by_step(folder: Path) -> None:
    """What the process does that is killed."""
    archiving.AT_ONCE = 256  # type: ignore[misc]
    to = Archive(folder / "shelf", PersonKeys(folder / "person-keys.sqlite3"), PUBLIC)
    archive(to, before=BEFORE, actor=SYSTEM, at=NOON, told=print)


@pytest.mark.parametrize("_time", range(3))
def test_an_archiving_that_was_cut_off_has_each_entry_here_or_there(
    _time: int, database: str, tmp_path: Path, to: Archive
) -> None:
    enter(256 * 40, NOON - YEARS)
    head = published(tmp_path, NOON - YEARS + timedelta(days=30))
    with running(archive_step_by_step, database=database, folder=tmp_path) as child:
        kill(child, seen=lambda: b"\n" in (tmp_path / "said").read_bytes(), within=0.1)

    cut_off = check(outside=[head], key=PUBLIC, shelf=shelf(to))
    put_away(to)

    after = check(outside=[head], key=PUBLIC, shelf=shelf(to))
    assert 256 <= cut_off.archived < 256 * 40 == after.archived
    assert (cut_off.faults, after.faults) == ([], [])
