"""Reasons that people write: long enough to say something, short enough to be read."""

from typing import Final

from hubao.kit.errors import BadInput

SHORTEST: Final = 10  # characters
LONGEST: Final = 2_000


class BadReason(BadInput):
    """A written reason is too short to say anything, or too long to be read."""

    code = "policies.reason"


def checked(reason: str) -> str:
    """Give a reason without blanks around it.

    Raises:
        BadReason: it is shorter than SHORTEST characters, or longer than LONGEST.
    """
    stripped = reason.strip()
    if not SHORTEST <= len(stripped) <= LONGEST:
        raise BadReason(f"Write the reason in {SHORTEST} to {LONGEST:,} characters.")
    return stripped
