"""How somebody signed in: what a session remembers of it, and what the ledger is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from hubao.desk.ledger.rules import Entered
from hubao.desk.ledger.together import append_together

SIGNED_IN: Final = "people.signed_in"
PROVIDER: Final = "socialaccount"  # allauth's word for a provider's proof
PROVIDER_FACTOR: Final = "provider_second_factor"  # in the session: the provider asked for one


def enter_sign_in(
    *, party: str, records: Sequence[Mapping[str, Any]], provider_factor: bool, at: datetime
) -> None:
    """Enter a sign-in; it is on disk when this returns.

    Args:
        party: who signed in.
        records: what allauth remembers of how, the oldest first.
        provider_factor: whether the provider asked for a second factor that is trusted.
        at: now.

    Raises:
        NotWritten: the ledger can't be written.
    """
    by, local = _first_factor(records)
    factor = "provider" if provider_factor else "local" if local else "none"
    facts = {"by": by, "second_factor": factor}
    append_together([Entered(action="people.signed_in", actor=party, at=at, facts=facts)])


def _first_factor(records: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """Give what somebody began with, and whether a second factor of ours came with or after it."""
    local = False
    for record in reversed(records):
        local = local or record["method"] == "mfa"
        if record.get("passwordless"):
            return "passkey", True
        if record["method"] == PROVIDER:
            return "provider", local
        if record["method"] == "password":
            return "password", local
    return "unknown", local
