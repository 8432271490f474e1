"""Bytes on their way into a backup or out of one: counted, hashed, told to whoever waits."""

import hashlib
from collections.abc import Callable
from typing import IO, Final

AT_ONCE: Final = 1 << 20  # bytes that are moved, or go by between two moves of the progress bar
Told = Callable[[int, int, str], None]  # done, in all (0 = unknown), of what


class Heard:
    """Bytes of all parts, as they go by."""

    def __init__(self, total: int, told: Told | None) -> None:
        self._done, self._last, self._total, self._told = 0, 0, total, told

    def more(self, count: int) -> None:
        """Tell that so many more went by."""
        self._done += count
        if self._told is not None and self._done - self._last >= AT_ONCE:
            self._told(self._done, self._total, "bytes")
            self._last = self._done


class Hashed:
    """A stream that is counted and hashed as it is read."""

    def __init__(self, stream: IO[bytes], heard: Heard) -> None:
        self._stream, self._heard, self._hash = stream, heard, hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Give up to so many bytes; all that are left by default."""
        part = self._stream.read(size)
        self._hash.update(part)
        self.bytes += len(part)
        self._heard.more(len(part))
        return part

    @property
    def sha256(self) -> str:
        """Digest of what was read, in hexadecimal digits."""
        return self._hash.hexdigest()
