"""What was read: one record per input file, for the report."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Which table a file was read as."""

    ACCESS = "access"
    VICTIMS = "victims"
    POLICIES = "policies"
    ACTORS = "actors"
    IDENTITIES = "identities"
    INDEX = "index"


@dataclass(frozen=True)
class Input:
    """One file as it was read.

    Attributes:
        path: as the user gave it (a table handed over in memory: its role in angle brackets).
        role: which table it was read as.
        rows: rows found, readable or not.
        rejected: rows set aside, each with its line and reason in the rejects file.
        sha256: hex digest of the file's bytes; None for a table handed over in memory.
    """

    path: str
    role: Role
    rows: int
    rejected: int
    sha256: str | None
