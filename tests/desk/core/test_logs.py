"""Log lines hold no values that nobody vouched for."""

import json
import logging
import sys

from hubao.desk.core.logs import Lines

PHONE = "15400001234"


def written(message: str, *values: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("test").makeRecord(
        "test", logging.ERROR, "file.py", 1, message, values, sys.exc_info(), extra=extra
    )
    told: dict[str, object] = json.loads(Lines().format(record))
    return told


class TestLines:
    def test_leave_values_in_messages_out(self) -> None:
        told = written("no policy for %s", PHONE)

        assert told["event"] == "no policy for %s"
        assert PHONE not in json.dumps(told)

    def test_name_an_exception_and_its_places_but_not_what_it_says(self) -> None:
        try:
            raise ValueError(PHONE)
        except ValueError:
            told = written("broken")

        assert "ValueError at test_logs.py:" in str(told["error"])
        assert PHONE not in json.dumps(told)

    def test_hold_facts(self) -> None:
        assert written("x", facts={"code": "ledger.forked"})["code"] == "ledger.forked"
