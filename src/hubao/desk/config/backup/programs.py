"""PostgreSQL's own programs, which copy a database and read a copy."""

import re
import shutil
import subprocess

from hubao.kit.errors import BadInput, HubaoError, Kind


class NoTools(BadInput):
    """pg_dump or pg_restore is missing or too old."""

    code = "backup.no_tools"


class NotCopied(HubaoError):  # noqa: N818 - says what happened, as its base does
    """PostgreSQL couldn't be dumped, or refused what a dump says; nothing was changed."""

    code = "backup.not_copied"
    kind = Kind.UNAVAILABLE


def tool(name: str, *, at_least: int) -> tuple[str, int]:
    """Find a program of PostgreSQL's; gives its path and major version.

    Raises:
        NoTools: it isn't on PATH, or is older than needed.
    """
    path = shutil.which(name)
    if path is None:
        raise NoTools(
            f"{name} isn't on PATH: install PostgreSQL's client programs, version {at_least}"
            " or newer."
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    if found is None or int(found.group(1)) < at_least:
        raise NoTools(
            f"{name} is version {found.group(1) if found else 'unknown'}, and version {at_least}"
            " or newer is needed: install it, or put it first on PATH."
        )
    return path, int(found.group(1))
