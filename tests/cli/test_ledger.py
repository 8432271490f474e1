"""`hubao ledger …` with a real signer beside it: signed, published, checked, proved, handed out."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_desk import PEOPLE, UNITS, Desk
from tests.makers.stamping import stamping

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_ledger.py"


def begun(folder: Path) -> Desk:
    """A desk with nothing in its ledger."""
    made = Desk(folder)
    for name, text in (("units", UNITS), ("people", PEOPLE)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    made.run("init")
    return made


def fill(desk: Desk) -> None:
    """Make entries."""
    desk.run("import", "units", "units.csv")
    desk.run("import", "people", "people.csv")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with a ledger of a few entries, and its signer."""
    made = begun(tmp_path_factory.mktemp("desk"))
    fill(made)
    with signing(made):
        yield made


@contextmanager
def signing(desk: Desk) -> Iterator[None]:
    """Run a signer for a desk, and tell the desk of it and of two places for heads."""
    signer = subprocess.Popen(
        [sys.executable, "-m", "hubao", "ledger", "signer", desk.folder / "signer",
         "--origin", "test/ledger"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert signer.stdout is not None
    told = dict(signer.stdout.readline().strip().split("=", 1) for _ in range(2))
    desk.settings = {
        **told,
        "HUBAO_LOG_ORIGIN": "test/ledger",
        "HUBAO_HEADS_TO": f"file:{desk.folder / 'a'},file:{desk.folder / 'b'}",
    }
    try:
        yield
    finally:
        signer.terminate()
        signer.wait(20)
        signer.stdout.close()


@pytest.fixture(scope="module")
def signed(desk: Desk) -> Path:
    """A head in a place outside."""
    done = desk.run("head", group="ledger")
    assert done.returncode == 0, done.stderr
    (head,) = (desk.folder / "a").glob("head-*.txt")
    assert head.read_text(encoding="utf-8") == done.stdout
    return head


class TestLedger:
    def test_key_is_the_signers_alone(self, desk: Desk, signed: Path) -> None:
        assert signed.exists()
        key = desk.folder / "signer" / "key"

        assert key.stat().st_mode & 0o077 == 0
        assert key.read_bytes() not in (desk.folder / "data" / "hubao.sqlite3").read_bytes()

    def test_is_as_it_was(self, desk: Desk, signed: Path) -> None:
        done = desk.run("verify", str(signed), group="ledger")

        assert done.returncode == 0, done.stderr
        assert "entries are as they were, under 2 signed heads" in done.stdout

    @pytest.mark.needs("openssl")
    @pytest.mark.allow_hosts(["127.0.0.1"])
    def test_tells_when_a_head_was_stamped_and_refuses_a_false_stamp(self, desk: Desk) -> None:
        (desk.folder / "tsa").mkdir()
        stamped = Desk(desk.folder)
        with stamping(desk.folder / "tsa") as tsa:
            stamped.settings = desk.settings | {
                "HUBAO_HEADS_TO": f"file:{desk.folder / 'c'},tsa:{tsa.url}",
                "HUBAO_TSA_ROOTS": str(tsa.roots),
            }
            done = stamped.run("head", group="ledger")
        assert done.returncode == 0, done.stderr
        (head,) = (desk.folder / "c").glob("head-*.txt")

        told = stamped.run("verify", str(head), group="ledger")
        unlooked = desk.run("verify", str(head), group="ledger")
        stamp = head.with_suffix(".tsr")
        stamp.write_bytes(stamp.read_bytes()[:-1] + b"x")
        false = stamped.run("verify", str(head), group="ledger")

        assert f"{head}: stamped at 20" in told.stdout
        assert (told.returncode, unlooked.returncode, false.returncode) == (0, 0, 2)
        assert "set HUBAO_TSA_ROOTS" in unlooked.stderr
        assert "can't be trusted" in false.stderr

    def test_is_handed_out_and_checked_without_hubao(self, desk: Desk, signed: Path) -> None:
        done = desk.run("export", "--out", "audit", group="ledger")
        checked = subprocess.run(
            [sys.executable, "-I", VERIFIER, desk.settings["HUBAO_LOG_KEY"],
             desk.folder / "audit" / "ledger.jsonl", signed],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "entries are as they were" in checked.stdout

    def test_proves_an_entry(self, desk: Desk, signed: Path) -> None:
        assert signed.exists()
        desk.run("export", "--out", "audit", group="ledger")
        first = (desk.folder / "audit" / "ledger.jsonl").read_text().splitlines()[0]
        event = first.partition('"event":"')[2].partition('"')[0]

        done = desk.run("prove", event, group="ledger")

        assert done.returncode == 0, done.stderr
        assert '"format": "hubao-inclusion-1"' in done.stdout

    def test_that_was_tampered_with_says_so(self, desk: Desk, signed: Path) -> None:
        changed = Desk(desk.folder)
        changed.settings = desk.settings
        path = desk.folder / "data" / "hubao.sqlite3"
        kept = path.read_bytes()
        desk.rows("DROP TRIGGER ledger_entry_no_update")
        desk.rows("UPDATE ledger_entry SET body = replace(body, 'C1', 'C9') WHERE body LIKE '%C1%'")

        found = changed.run("verify", str(signed), group="ledger")

        path.write_bytes(kept)
        assert found.returncode == 2
        assert "aren't those of a signed head" in found.stderr
        assert "[ledger.tampered]" in found.stderr

    def test_without_a_signer_says_what_to_do(self, desk: Desk) -> None:
        alone = Desk(desk.folder)

        done = alone.run("head", group="ledger")

        assert done.returncode == 2
        assert "hubao ledger signer" in done.stderr
