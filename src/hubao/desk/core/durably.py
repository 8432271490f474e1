"""Files that outlast a power cut: written beside, synced, then given their name."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have a file, or a folder's names, on disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
