"""`hubao ledger archive | erase` with a real signer beside the desk."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hubao.desk.ledger.rules import is_body
from hubao.seal.heads import Head, sign
from hubao.seal.signer import key_in
from hubao.seal.tree import Frontier, leaf_hash
from tests.cli.test_desk import Desk
from tests.cli.test_ledger import begun, fill, signing

OLD = (
    '{"action":"policy.open","actor":"%s","at":"2020-01-02T03:04:05.%06d+00:00",'
    '"event":"e%032x","subject":"b1","v":1}'
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose ledger begins with 300 entries of 2020, under a head that is outside."""
    made = begun(tmp_path_factory.mktemp("desk"))
    bodies = [OLD % ("X1" if n % 3 else "X2", n, n) for n in range(300)]
    assert all(map(is_body, bodies))
    with sqlite3.connect(made.folder / "data" / "hubao.sqlite3") as there:
        there.executemany("INSERT INTO ledger_entry (body) VALUES (?)", [(one,) for one in bodies])
    fill(made)
    with signing(made):
        keep_old_head(made, bodies)
        for words, group in ((("worker", "--once"), "desk"), (("head",), "ledger")):
            done = made.run(*words, group=group)
            assert done.returncode == 0, done.stderr
        yield made


def keep_old_head(desk: Desk, bodies: list[str]) -> None:
    """What the signer signed in 2020."""
    edge = Frontier()
    edge.extend([leaf_hash(body.encode()) for body in bodies])
    at = datetime(2020, 2, 1, tzinfo=UTC)
    note = sign(Head("test/ledger", edge.size, edge.root(), at), key_in(desk.folder / "signer"))
    with sqlite3.connect(desk.folder / "data" / "hubao.sqlite3") as there:
        there.execute(
            "INSERT INTO ledger_head (size, at, note) VALUES (?, ?, ?)",
            (edge.size, f"{at:%Y-%m-%d %H:%M:%S}", note),
        )


def ledger(desk: Desk, *words: str, fails: bool = False) -> str:
    done = desk.run(*words, group="ledger")
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


@pytest.fixture(scope="module")
def moved(desk: Desk) -> str:
    """What archiving said; the segments are in "shelf"."""
    return ledger(desk, "archive", "--to", "shelf")


def head(desk: Desk) -> str:
    return str(
        max((desk.folder / "a").glob("head-*.txt"), key=lambda path: path.stat().st_mtime_ns)
    )


class TestArchive:
    def test_refuses_what_the_law_wants_at_hand(self, desk: Desk) -> None:
        told = ledger(desk, "archive", "--to", "young", "--months", "12", fails=True)

        assert "--months 12 is less than the 36 of" in told
        assert not (desk.folder / "young").exists()

    def test_moves_old_entries_away_and_the_rest_verifies(self, desk: Desk, moved: str) -> None:
        again = ledger(desk, "archive", "--to", "shelf")
        without = ledger(desk, "verify", head(desk))
        whole = ledger(desk, "verify", head(desk), "--segments", "shelf")

        assert "256 entries are sealed in shelf" in moved
        assert "nothing is archived" in again
        assert "256 of them are archived and count by hashes only" in without
        assert "entries are as they were" in whole
        assert "archived" not in whole

    @pytest.mark.usefixtures("moved")
    def test_is_handed_out_with_segments_and_without(self, desk: Desk) -> None:
        log = desk.folder / "audit" / "ledger.jsonl"

        ledger(desk, "export", "--out", "audit")
        short = log.read_text().splitlines()
        ledger(desk, "export", "--out", "audit", "--segments", "shelf")
        whole = log.read_text().splitlines()

        assert json.loads(short[0])["level"] == 8
        assert len(whole) == len(short) + 255
        assert json.loads(whole[0])["actor"] == "X2"

    @pytest.mark.usefixtures("moved")
    def test_says_which_segment_is_missing(self, desk: Desk) -> None:
        (desk.folder / "empty").mkdir()

        told = ledger(desk, "verify", head(desk), "--segments", "empty", fails=True)

        assert "ledger-000000000000-000000000256.jsonl.gz isn't in empty" in told


class TestErase:
    def test_asks_first(self, desk: Desk) -> None:
        done = desk.run("erase", "X2", group="ledger")

        assert done.returncode == 1
        assert "Nothing brings it back" in done.stderr

    @pytest.mark.usefixtures("moved")
    def test_makes_entries_hashes(self, desk: Desk) -> None:
        told = ledger(desk, "erase", "X1", "--yes")
        ledger(desk, "export", "--out", "audit", "--segments", "shelf")
        lines = (desk.folder / "audit" / "ledger.jsonl").read_text().splitlines()

        assert "Destroy old copies" in told
        assert "30 entries aren't archived yet" in told
        assert sum("erased" in json.loads(line) for line in lines) == 170
        assert "as they were" in ledger(desk, "verify", head(desk), "--segments", "shelf")
        assert "or it was erased already" in ledger(desk, "erase", "X1", "--yes", fails=True)


@pytest.mark.usefixtures("moved")
def test_the_keys_file_is_its_owners_alone(desk: Desk) -> None:
    assert (desk.folder / "data" / "person-keys.sqlite3").stat().st_mode & 0o077 == 0
