"""The page of feeds: who may see it, what it says when all is well, and when it isn't."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hubao.desk.core.actor import Role
from tests.makers.desk import make_branches
from tests.makers.feeds import line, make_source, take, write
from tests.makers.signing_in import signed_in, wire

PAGE = "/console/feeds/"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _desk(database: str, tmp_path: Path) -> None:
    del database
    make_branches()
    wire(tmp_path)


class TestFeedsPage:
    @pytest.mark.parametrize("role", [Role.SECURITY, Role.OPERATIONS, Role.COMPLIANCE])
    def test_is_for_security_operations_and_compliance(self, role: Role) -> None:
        client = signed_in("li", role, unit="HQ")

        answer = client.get(PAGE, headers=ENGLISH)

        assert answer.status_code == 200
        assert "hubao lake source add" in answer.content.decode()
        assert f'href="{PAGE}"' in answer.content.decode()

    @pytest.mark.parametrize("role", [Role.CLERK, Role.CALLER, Role.SUPERVISOR, Role.ADMIN])
    def test_is_for_nobody_else(self, role: Role, tmp_path: Path) -> None:
        make_source(tmp_path)
        client = signed_in("li", role, unit="HQ")

        answers = [client.get(one) for one in (PAGE, f"{PAGE}core/rejects/1/")]

        assert [one.status_code for one in answers] == [403, 403]
        assert f'href="{PAGE}"' not in answers[0].content.decode()

    def test_says_how_a_source_is(self, tmp_path: Path) -> None:
        now = timezone.now()
        place = make_source(tmp_path)
        times = (now - timedelta(minutes=30), now + timedelta(hours=3))
        told = [line(n, ts=at.isoformat()) for n, at in enumerate(times)]
        write(place / "a.csv", [*told, line(8, ts="never")])
        take(tmp_path, at=now)

        shown = _shown()

        assert "alive" in shown
        assert "1 event was dated later than it came" in shown
        assert "lines and reasons" in shown
        assert shown.count("<rect") == 30
        assert "is silent" not in shown

    def test_sounds_an_alarm_when_a_source_is_silent(self, tmp_path: Path) -> None:
        make_source(tmp_path, silent_after=60)  # made yesterday, and nothing came

        shown = _shown()

        assert "1 source is silent." in shown
        assert 'role="alert"' in shown

    def test_names_gaps(self, tmp_path: Path) -> None:
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        place = make_source(tmp_path)
        hours = [now - timedelta(hours=n) for n in range(1, 24 * 40) if n not in (50, 51)]
        told = [
            line(k, ts=(hour + timedelta(minutes=m)).isoformat(), log_id=f"{k}-{m}")
            for k, hour in enumerate(hours)
            for m in range(12)
        ]
        write(place / "a.csv", told)
        take(tmp_path, at=timezone.now())

        shown = _shown()

        assert "no event, where about 24 are usual" in shown

    def test_says_that_an_import_failed(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        (place / "a.csv").write_text("no,such\n1,2\n")
        take(tmp_path)

        assert "1 file can't be used as a whole." in _shown()


class TestRejects:
    def test_are_a_file_of_lines_and_reasons(self, tmp_path: Path) -> None:
        place = make_source(tmp_path)
        write(place / "a.csv", [line(0), line(1, ts="15400001234")])
        take(tmp_path)
        client = signed_in("li", Role.COMPLIANCE, unit="HQ")

        answer = client.get(f"{PAGE}core/rejects/1/")

        assert answer.content.decode().split() == ["file,line,reason", "a.csv,3,unreadable", "time"]
        assert "attachment" in answer.headers["Content-Disposition"]

    @pytest.mark.parametrize(
        "place", ["core/rejects/9/", "nothing/rejects/1/", "%2e%2e/rejects/1/"]
    )
    def test_that_arent_there_are_told_so(self, place: str, tmp_path: Path) -> None:
        make_source(tmp_path)
        client = signed_in("li", Role.SECURITY, unit="HQ")

        assert client.get(f"{PAGE}{place}").status_code == 404


def _shown() -> str:
    client = signed_in("li", Role.SECURITY, unit="HQ")
    text: str = client.get(PAGE, headers=ENGLISH).content.decode()
    return text
