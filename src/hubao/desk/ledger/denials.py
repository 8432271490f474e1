"""Refusals are entered too; where the ledger can't be written, in a file until it can.

A refusal shows nothing, so it needn't wait for the ledger as a reveal does. But whoever tries
doors must be seen, also on the day the database is down.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hubao.desk.core.actor import Actor
from hubao.desk.ledger.rules import Entered, body_of, is_plain, unit_of
from hubao.desk.ledger.steps import NotWritten
from hubao.desk.ledger.together import append_together
from hubao.kit.errors import HubaoError, Kind

DENIED: Final = "denied"
_COUNTED: Final = (Kind.FORBIDDEN, Kind.NOT_FOUND)


@dataclass(frozen=True)
class Denials:
    """Where refusals go.

    Attributes:
        spool: file for those that the ledger couldn't take.
    """

    spool: Path

    @contextmanager
    def entered(
        self,
        *,
        action: str,
        actor: Actor,
        at: datetime,
        record: str | None = None,
        purpose: str | None = None,
        field: str | None = None,
    ) -> Iterator[None]:
        """Enter a refusal that is raised within; what isn't one passes."""
        try:
            yield
        except HubaoError as refused:
            if refused.kind in _COUNTED:
                facts = {"of": action, "why": refused.code} | unit_of(actor)
                self._enter(
                    Entered(
                        action=DENIED,
                        actor=actor.id,
                        at=at,
                        subject=record if record and is_plain(record) else None,
                        purpose=purpose,
                        facts=facts | ({"fields": [field]} if field else {}),
                    )
                )
            raise

    def _enter(self, entered: Entered) -> None:
        try:
            append_together([entered])
        except NotWritten:
            self._keep(body_of(entered))

    def _keep(self, body: str) -> None:
        with self.spool.open("a", encoding="utf-8") as file:
            file.write(f"{body}\n")
            file.flush()
            os.fsync(file.fileno())
