"""`hubao lake …` as somebody types it: set a source up, import by hand and by the worker, list."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_desk import PEOPLE, POLICIES, UNITS, Desk

if TYPE_CHECKING:
    import subprocess

LOG = (
    "log_id,ts,user,op,policy_no\n"
    "1,2026-11-20 10:00:00,zhang,打开,PN20200000017788\n"
    "2,2026-11-20 10:01:00,li,login,\n"
    "3,2026-11-20 10:02:00,li,打开,PN20200000099999\n"
    "4,once,li,打开,PN20200000099999\n"
)
COLUMNS = "event=log_id,at=ts,actor=user,action=op,policy=policy_no"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that was set up and filled."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    logins = "login,actor,system\nzhang,C1,core\n"
    files = {"units": UNITS, "people": PEOPLE, "policies": POLICIES, "logins": logins}
    done = [made.run("init")]
    for name, text in files.items():
        (made.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        done.append(made.run("import", name, f"{name}.csv"))
    assert all(one.returncode == 0 for one in done), [one.stderr for one in done]
    (made.folder / "drop").mkdir()
    return made


def lake(desk: Desk, *words: str) -> "subprocess.CompletedProcess[str]":
    return desk.run(*words, group="lake")


def files(desk: Desk) -> list[Path]:
    return list((desk.folder / "data" / "lake").glob("month=*/feed-*.parquet"))


class TestLake:
    def test_takes_a_source_in_and_says_what_it_did(self, desk: Desk) -> None:
        added = lake(desk, "source", "add", "core", "--kind", "folder", "--place", "drop",
                     "--columns", COLUMNS, "--actions", "打开=view,Login=skip")  # fmt: skip
        (desk.folder / "drop" / "a.csv").write_text(LOG, encoding="gb18030")

        first, again = lake(desk, "import", "core"), lake(desk, "import", "core")
        named = lake(desk, "import", "core", "drop/a.csv")

        assert (added.returncode, first.returncode) == (0, 0), added.stderr + first.stderr
        assert first.stdout == "core: 4 rows: 2 new, 0 came again, 1 no access, 1 set aside\n"
        assert "1 by logins of nobody known" in first.stderr
        assert again.stdout == "core: nothing is new\n"
        assert named.stdout == "core: 4 rows: 0 new, 2 came again, 1 no access, 1 set aside\n"
        assert len(files(desk)) == 1

    def test_lists_and_changes_and_removes(self, desk: Desk) -> None:
        lake(desk, "source", "add", "crm", "--kind", "push", "--pushed-by", "crm-service")

        changed = lake(desk, "source", "change", "crm", "--every", "5", "--inactive")
        listed = lake(desk, "source", "list")
        removed = lake(desk, "source", "remove", "crm")
        gone = lake(desk, "source", "list")

        assert changed.stdout == "crm: active, every changed\n"
        assert "crm: push crm-service, not active, last event none yet" in listed.stdout
        assert removed.returncode == 0
        assert "crm" not in gone.stdout

    def test_names_anew_what_is_known_now(self, desk: Desk) -> None:
        done = lake(desk, "resolve", "core")

        assert done.stdout == "core: 0 logins and 0 policies are known now\n", done.stderr

    def test_is_done_by_the_worker_too(self, desk: Desk) -> None:
        place = desk.folder / "once.csv"
        place.write_text(LOG, encoding="utf-8")
        lake(desk, "source", "add", "nightly", "--kind", "file", "--place", str(place),
             "--columns", COLUMNS)  # fmt: skip
        before = len(files(desk))

        done = desk.run("worker", "--once")

        assert done.returncode == 0, done.stderr
        assert len(files(desk)) == before + 1
        (found,) = desk.rows("SELECT added, skipped FROM feeds_batch WHERE source = 'nightly'")
        assert found == (2, 0)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("import", "nothing"), "[feeds.no_such_source]"),
            (("source", "add", "Core", "--kind", "folder", "--place", "x"), "[feeds.bad_source]"),
            (("source", "change", "core", "--columns", "at"), "Usage"),
            (("import", "core", "missing.csv"), "[input.bad]"),
        ],
    )
    def test_says_what_cant_be_done(self, desk: Desk, words: tuple[str, ...], said: str) -> None:
        done = lake(desk, *words)

        assert done.returncode == 2
        assert said in done.stderr
