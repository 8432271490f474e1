"""The one base error, and the kinds that edges map to exit codes."""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of failure it is; each edge maps it once (exit code, HTTP status)."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class HubaoError(Exception):
    """An anticipated failure, safe to show; `facts` hold ids, counts and states only."""

    code: ClassVar[str] = "hubao.error"  # stable, dotted, documented
    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(self, message: str, **facts: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class BadInput(HubaoError):  # noqa: N818 - names say what happened, not that it is an error
    """Something given to hubao can't be used; the message says what, where and how to mend it."""

    code = "input.bad"
