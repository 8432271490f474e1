"""`hubao desk backup` and `restore` as somebody types them, with a signer and heads outside."""

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_desk import PEOPLE, POLICIES, UNITS, Desk
from tests.cli.test_ledger import signing


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that was filled, signed and backed up, and went on after that."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    for name, text in (("units", UNITS), ("people", PEOPLE), ("policies", POLICIES)):
        (made.folder / f"{name}.csv").write_text(text, encoding="utf-8")
    made.run("init")
    for name in ("units", "people", "policies"):
        made.run("import", name, f"{name}.csv")
    with signing(made):
        made.run("head", group="ledger")
        done = made.run("backup", "desk.tar")
        assert done.returncode == 0, done.stderr
        (made.folder / "said.txt").write_text(done.stdout, encoding="utf-8")
        made.run("sign-in", "C1")
        made.run("head", group="ledger")
        yield made


@pytest.fixture
def other(desk: Desk, tmp_path: Path) -> Desk:
    """Another machine, to which the key was brought by another way than the backup."""
    made = Desk(tmp_path)
    made.settings = desk.settings
    shutil.copytree(desk.folder / "data" / "secrets", tmp_path / "data" / "secrets")
    shutil.copy(desk.folder / "desk.tar", tmp_path)
    return made


def heads(desk: Desk) -> list[str]:
    return [str(path) for path in sorted((desk.folder / "a").glob("head-*.txt"))]


class TestBackup:
    def test_says_what_is_not_in_it(self, desk: Desk) -> None:
        said = (desk.folder / "said.txt").read_text(encoding="utf-8")

        assert "Not in it: the key that opens its keyset (HUBAO_KEY" in said
        with tarfile.open(desk.folder / "desk.tar") as tar:
            kept = b"".join(tar.extractfile(one).read() for one in tar)  # type: ignore[union-attr]
        for secret in (desk.folder / "data" / "secrets").iterdir():
            assert secret.read_bytes() not in kept

    def test_writes_over_nothing_without_being_told(self, desk: Desk) -> None:
        file = desk.folder / "there.tar"
        file.write_text("precious")

        refused = desk.run("backup", "there.tar")
        kept = file.read_text()
        forced = desk.run("backup", "there.tar", "--force")

        assert (refused.returncode, kept) == (2, "precious")
        assert "[output.cannot_write]" in refused.stderr
        assert forced.returncode == 0, forced.stderr
        assert file.stat().st_mode & 0o777 == 0o600
        assert tarfile.is_tarfile(file)


class TestRestore:
    def test_puts_the_desk_into_use_elsewhere_and_says_what_was_verified(
        self, desk: Desk, other: Desk
    ) -> None:
        done = other.run("restore", "desk.tar", "--head", heads(desk)[0])

        assert done.returncode == 0, done.stderr
        assert "entries are as they were, under 2 signed heads, 1 given from outside" in done.stdout
        assert other.rows("SELECT count(*) FROM policies_policy") == [(1,)]
        assert other.run("import", "policies", "../x").returncode == 2
        verified = other.run("verify", heads(desk)[0], group="ledger")
        assert verified.returncode == 0, verified.stderr

    def test_says_that_entries_are_missing_and_goes_on_only_if_that_is_accepted(
        self, desk: Desk, other: Desk
    ) -> None:
        told = [word for head in heads(desk) for word in ("--head", head)]

        refused = other.run("restore", "desk.tar", *told)
        there = (other.folder / "data" / "hubao.sqlite3").exists()
        accepted = other.run("restore", "desk.tar", *told, "--accept-missing")

        assert refused.returncode == 2
        assert "entries after the backup are missing" in refused.stderr
        assert "[backup.entries_missing]" in refused.stderr
        assert not there
        assert accepted.returncode == 0, accepted.stderr
        assert "Missing: " in accepted.stdout

    def test_says_what_could_not_be_verified(self, other: Desk) -> None:
        other.settings = {}

        done = other.run("restore", "desk.tar")

        assert done.returncode == 0, done.stderr
        assert "Not verified: signed heads, as HUBAO_LOG_KEY isn't set" in done.stdout

    def test_replaces_no_desk_without_being_told(self, other: Desk) -> None:
        other.run("restore", "desk.tar")

        refused = other.run("restore", "desk.tar")
        forced = other.run("restore", "desk.tar", "--force")

        assert refused.returncode == 2
        assert "[backup.not_empty]" in refused.stderr
        assert forced.returncode == 0, forced.stderr
        aside = forced.stdout.partition("Set aside: what was here before is ")[2].strip()
        assert (other.folder / aside).exists()

    def test_without_the_key_says_what_to_do(self, other: Desk) -> None:
        (other.folder / "data" / "secrets" / "hubao_key").unlink()

        refused = other.run("restore", "desk.tar")

        assert refused.returncode == 2
        assert "HUBAO_KEY" in refused.stderr
        assert not (other.folder / "data" / "hubao.sqlite3").exists()
