"""Keep what was found for a moment, so that many who ask cost one look."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Briefly(Generic[T]):
    """What a look found a moment ago.

    Attributes:
        look: finds it anew, given the time.
        keep: how long it is good for.
    """

    def __init__(self, look: Callable[[datetime], T], *, keep: timedelta) -> None:
        self._look, self._keep = look, keep
        self._lock = Lock()
        self._found: tuple[datetime, T] | None = None

    def at(self, now: datetime) -> T:
        """Give it; whoever asks while somebody looks waits for that look."""
        with self._lock:
            if self._found is None or not timedelta(0) <= now - self._found[0] < self._keep:
                self._found = now, self._look(now)
            return self._found[1]

    def forget(self) -> None:
        """Look anew the next time."""
        with self._lock:
            self._found = None
