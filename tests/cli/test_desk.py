"""`hubao desk …` as somebody types it: set up, fill, rotate, run once; and what goes wrong."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.makers.receivers import receiving, signed_by

UNITS = "unit,name,parent\nHQ,总公司,\nSH,上海分公司,HQ\n"
PEOPLE = "actor,name,unit,roles,left\nC1,坐席甲,SH,clerk,\nC2,坐席乙,SH,clerk,2020-01-01\n"
POLICIES = (
    "policy_number,unit,holder_name,phone,premium\n"
    "PN20200000017788,SH,欧阳测试,15400001234,1200.50\n"
    "PN20200000027799,XX,欧阳测试,15400001234,1\n"
)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, str] = {}

    def run(self, *words: str, group: str = "desk") -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("HUBAO_")}
        return subprocess.run(
            [sys.executable, "-m", "hubao", group, *words],
            env=env | {"HUBAO_DATA": str(self.folder / "data"), "LANG": "C.UTF-8"} | self.settings,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "data" / "hubao.sqlite3") as there:
            return there.execute(query).fetchall()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that was set up and filled."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    for name, text in (("units", UNITS), ("people", PEOPLE), ("policies", POLICIES)):
        (made.folder / f"{name}.csv").write_text(text, encoding="utf-8")
    done = made.run("init")
    assert done.returncode == 0, done.stderr
    return made


class TestDesk:
    def test_is_set_up_with_secrets_for_their_owner_only(self, desk: Desk) -> None:
        secrets = list((desk.folder / "data" / "secrets").iterdir())

        assert len(secrets) == 2
        assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)

    def test_set_up_again_changes_no_key(self, desk: Desk) -> None:
        before = (desk.folder / "data" / "keyset.json").read_bytes()

        assert desk.run("init").returncode == 0

        assert (desk.folder / "data" / "keyset.json").read_bytes() == before

    def test_takes_files_over_and_says_what_it_did(self, desk: Desk) -> None:
        said = [desk.run("import", kind, f"{kind}.csv") for kind in ("units", "people", "policies")]

        assert [one.returncode for one in said] == [0, 0, 0], [one.stderr for one in said]
        assert said[1].stdout == (
            "people.csv: 2 added, 0 changed, 0 the same, 1 left, 0 set aside\n"
        )
        assert said[2].stdout == "policies.csv: 1 added, 0 changed, 0 the same, 1 set aside\n"
        rejects = (desk.folder / "policies.csv.rejects.csv").read_text(encoding="utf-8")
        assert rejects == 'line,reason\n3,"its unit isn\'t known: import units first"\n'

    def test_lets_somebody_sign_in_but_nobody_who_left(self, desk: Desk) -> None:
        desk.run("import", "units", "units.csv")
        desk.run("import", "people", "people.csv")

        made, refused = desk.run("sign-in", "C1"), desk.run("sign-in", "C2")

        assert made.stdout.startswith("C1 signs in with the password ")
        assert refused.returncode == 2
        assert "[people.no_such_person]" in refused.stderr

    def test_gives_a_service_account_a_token_with_known_scopes_only(self, desk: Desk) -> None:
        desk.run("import", "units", "units.csv")
        services = desk.folder / "services.csv"
        services.write_text("actor,name,unit,kind\ncrm,CRM,HQ,service\n", encoding="utf-8")
        desk.run("import", "people", "services.csv")

        given = desk.run("token", "crm", "--scope", "items.open")
        refused = desk.run("token", "crm", "--scope", "everything")

        assert given.stdout.startswith("hubao_")
        assert refused.returncode == 2
        assert "There is no scope everything" in refused.stderr

    def test_rotates_and_then_forgets_the_old_keys(self, desk: Desk) -> None:
        desk.run("import", "units", "units.csv")
        desk.run("import", "policies", "policies.csv")
        (before,) = desk.rows("SELECT phone FROM policies_policy")

        rotated = desk.run("keys", "rotate", "--suite", "sm4-gcm")
        retired = desk.run("keys", "retire")

        (after,) = desk.rows("SELECT phone FROM policies_policy")
        assert (rotated.returncode, retired.returncode) == (0, 0), rotated.stderr + retired.stderr
        assert bytes(before[0])[:1] == b"\x01"
        assert bytes(after[0])[:1] == b"\x53"

    def test_seals_what_happened(self, desk: Desk) -> None:
        done = desk.run("worker", "--once")

        assert done.returncode == 0, done.stderr
        assert desk.rows("SELECT count(*) FROM ledger_pending") == [(0,)]
        ((placed,),) = desk.rows("SELECT sum(length) FROM ledger_run")
        assert [(placed,)] == desk.rows("SELECT count(*) FROM ledger_entry")
        assert placed


@pytest.mark.allow_hosts(["127.0.0.1"])
class TestWebhooks:
    def test_go_from_adding_to_their_end(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path)
        desk.settings = {"HUBAO_MODE": "development"}
        for name, text in (
            ("units", UNITS),
            ("people", PEOPLE + "C3,坐席丙,SH,clerk,\n"),
            ("services", "actor,name,unit,kind\ncrm,CRM,HQ,service\n"),
            ("later", "actor,name,unit,left\nC3,坐席丙,SH,2026-01-01\n"),
        ):
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        told = [desk.run("init")]
        told += [desk.run("import", "units", "units.csv")]
        told += [desk.run("import", "people", f"{one}.csv") for one in ("people", "services")]
        assert [one.returncode for one in told] == [0] * 4, told

        with receiving() as receiver:
            topics = "person.left, access.alert"
            added = desk.run("webhook", "add", receiver.url, "--topics", topics, "--client", "crm")
            endpoint, _, secret = added.stdout.strip().partition(" signs with the secret ")
            tested = desk.run("webhook", "test", endpoint)
            desk.run("import", "people", "later.csv")
            worked = desk.run("worker", "--once")
            listed = desk.run("webhook", "list")
            replayed = desk.run("webhook", "replay", endpoint, "--since", "2020-01-01")
            rotated = desk.run("webhook", "rotate", endpoint, "--overlap", "1")
            desk.run("worker", "--once")
            receiver.status = 500
            failed = desk.run("webhook", "test", endpoint)
            disabled = desk.run("webhook", "disable", endpoint)
            again = desk.run("webhook", "test", endpoint)

        fresh = rotated.stdout.split()[-1]
        test, left, *replays = receiver.got[:-1]
        assert worked.returncode == 0, worked.stderr
        assert tested.stdout == f"{endpoint} answered with 204.\n"
        assert b'"type":"webhook.test"' in test.body
        assert b'"data":{"party":"C3"}' in left.body
        assert signed_by(left)(secret)
        assert listed.stdout == (
            f"{endpoint} crm active 0 waiting, 0 given up access.alert,person.left {receiver.url}\n"
        )
        assert replayed.stdout.startswith("2 messages are on their way")  # also C2's, from before
        assert left.id in {one.id for one in replays}
        assert [signed_by(one)(key) for one in replays for key in (secret, fresh)] == [True] * 4
        assert failed.returncode == 1
        assert "status (status 500). [webhook.not_delivered]" in failed.stderr
        assert (disabled.returncode, again.returncode) == (0, 2)
        assert "[people.no_such_endpoint]" in again.stderr

    def test_are_refused_where_they_lead_inside(self, desk: Desk) -> None:
        refused = [
            desk.run("webhook", "add", url, "--topics", "person.left", "--client", "crm")
            for url in ("http://127.0.0.1/", "https://10.0.0.1/")
        ]

        assert [one.returncode for one in refused] == [2, 2]
        assert all("[core.out_of_reach]" in one.stderr for one in refused)

    def test_are_replayed_since_a_time_only(self, desk: Desk) -> None:
        refused = desk.run("webhook", "replay", "c0", "--since", "yesterday")

        assert refused.returncode == 2
        assert "2026-11-27" in refused.stderr


class TestWithoutSettingUp:
    def test_says_which_setting_is_missing(self, tmp_path: Path) -> None:
        refused = Desk(tmp_path).run("migrate")

        assert refused.returncode == 2
        assert "HUBAO_SECRET_KEY" in refused.stderr
        assert "hubao desk init" in refused.stderr
        assert "Traceback" not in refused.stderr
