"""What a backup says of itself, and the hash that only whoever opens its keyset can make of it."""

import json
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from hubao.kit.errors import BadInput
from hubao.seal.fields import Fields

FORMAT: Final = "hubao-backup-1"
_PURPOSE: Final = "hubao backup manifest"
Count = Annotated[int, Field(ge=0)]


class BadBackup(BadInput):
    """A backup can't be read, or isn't what was written when it was taken."""

    code = "backup.bad_file"


class Member(BaseModel):
    """One file in the backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    bytes: Count
    sha256: str


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        format: of the file.
        hubao: the version that took it.
        database: its kind.
        copied_by: major version of what copied the database, pg_dump or SQLite.
        taken_at: when.
        entries: of the ledger that have their place, at the time of the copy.
        root: of the tree over them, in base 64.
        head: the head signed last, as a signed note.
        migrations: room and name of each that was applied.
        members: the files, but for the manifest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: str = FORMAT
    hubao: str
    database: Literal["sqlite", "postgresql"]
    copied_by: int
    taken_at: AwareDatetime
    entries: Count
    root: str
    head: str | None
    migrations: tuple[str, ...]
    members: tuple[Member, ...]

    def text(self) -> str:
        """Give the manifest's file."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a manifest's file.

        Raises:
            BadBackup: it is none, or of another format.
        """
        try:
            said = json.loads(text)
            if said["format"] != FORMAT:
                raise BadBackup(
                    f"This backup isn't of the format {FORMAT}: restore it with the version of"
                    " hubao that took it."
                )
            return cls.model_validate(said)
        except (ValidationError, ValueError, TypeError, KeyError):
            raise BadBackup(
                "This backup's manifest isn't what hubao writes: take another backup."
            ) from None


def mac_of(text: str, *, fields: Fields) -> str:
    """Hash a manifest with the keyset's newest key; 32 hexadecimal digits."""
    return fields.index(text, field=_PURPOSE).hex()
