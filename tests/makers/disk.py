"""What is done to a folder's names, and what is on disk by then."""

import os
from pathlib import Path

import pytest


def watch_disk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[str]:
    """Note what is synced, named and kept in a folder from now on, in order.

    A file is `sync`ed, the folder too; it is `name`d by a rename and `keep`s another by a link.
    """
    found: list[str] = []
    fsync, replace, link = os.fsync, os.replace, os.link

    def synced(handle: int) -> None:
        there = (folder, *folder.rglob("*"))
        names = {path.stat().st_ino: path.name for path in there if path.exists()}
        found.append(f"sync {names.get(os.fstat(handle).st_ino)}")
        fsync(handle)

    def named(old: Path, new: Path) -> None:
        found.append(f"name {Path(new).name}")
        replace(old, new)

    def linked(old: Path, new: Path) -> None:
        found.append(f"keep {Path(new).name}")
        link(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", named)
    monkeypatch.setattr(os, "link", linked)
    return found
