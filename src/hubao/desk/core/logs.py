"""Logs as lines of JSON, without what people typed: an exception is its type and its places.

Values are logged only where code says that they are ids, words or counts: `extra={"facts": {…}}`.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any


class Lines(logging.Formatter):
    """One line of JSON a record; messages as written in code, never with values in them."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": str(record.msg),
        }
        told |= getattr(record, "facts", {})
        request = getattr(record, "request", None)
        if request is not None:
            told |= {"method": request.method, "route": _route(request)}
        status = getattr(record, "status_code", None)
        if status is not None:
            told["status"] = status
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = _places(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def _route(request: Any) -> str:  # noqa: ANN401 - Django's or the server's
    """Give the pattern of an address, not the address: that may be what somebody typed."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else "unknown"


def _places(error: BaseException) -> list[str]:
    """Give the types of an exception and its causes, and where each came from; no messages."""
    told = list[str]()
    one: BaseException | None = error
    while one is not None:
        frames = traceback.extract_tb(one.__traceback__)
        places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-6:]]
        told.append(f"{type(one).__name__} at {' > '.join(places)}")
        one = one.__cause__ or one.__context__
    return told
