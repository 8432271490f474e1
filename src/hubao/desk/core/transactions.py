"""Steps write within a transaction that somebody else opened, so that all of it holds or none."""

from django.db import connection


class OutsideTransaction(RuntimeError):  # noqa: N818 - says what happened, as others do
    """A step was called on its own: a fault of the caller's."""


def require_open(step: str) -> None:
    """Refuse to go on without an open transaction.

    Raises:
        OutsideTransaction: none is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{step} needs an open transaction")
