"""Run a function of a test in a process of its own, on the test's database, until it is killed.

Run: python tests/makers/killed.py MODULE FUNCTION DATABASE FOLDER KEYS
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest import mock

from hubao.seal.fields import Fields
from hubao.seal.keyset import Key, Keyset

ROOT = Path(__file__).parents[2]


@contextmanager
def running(
    work: Callable[[Path], None], *, database: str, folder: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run `work(folder)` in a process of its own; what it prints goes to `folder/said`."""
    from tests.makers.desk import KEYSET  # noqa: PLC0415 - needs the settings

    keys = folder / "keys"
    write_keys(KEYSET, keys)
    where = [work.__module__, work.__name__, database, str(folder), str(keys)]
    with (folder / "said").open("ab") as said:
        child = subprocess.Popen(
            [sys.executable, "-u", __file__, *where], stdout=said, start_new_session=True
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def write_keys(keyset: Keyset, path: Path) -> None:
    """Write a keyset for another process of the test."""
    parts = ([key.text for key in some] for some in (keyset.keys, keyset.indexes))
    path.write_text("\n".join(" ".join(some) for some in parts))


def read_keys(path: Path) -> Keyset:
    """Read what `write_keys` wrote."""
    keys, indexes = (tuple(map(Key.read, line.split())) for line in path.read_text().splitlines())
    return Keyset(keys, indexes)


def kill(child: "subprocess.Popen[bytes]", *, seen: Callable[[], bool], within: float) -> None:
    """Wait until it is in the midst of its work, a moment more, and kill it as it stands."""
    until = time.monotonic() + 60
    while not seen():
        assert child.poll() is None, "it ended by itself"
        assert time.monotonic() < until, "it never began"
        time.sleep(0.005)
    time.sleep(random.uniform(0, within))  # noqa: S311 - no secret
    assert child.poll() is None, "it ended before it could be killed"
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@contextmanager
def dying(moment: str, nth: int) -> Iterator[None]:
    """Kill this very process before the nth call of something, given by its full name."""
    real, calls = resolve_name(moment), count(1)

    def called(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    with mock.patch(moment, called):
        yield


def main(module: str, function: str, database: str, folder: str, keys: str) -> None:
    """Do the work."""
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    from hubao.desk.config.mapping import django_settings  # noqa: PLC0415
    from hubao.desk.config.settings_test import ENV  # noqa: PLC0415

    settings.configure(**django_settings(ENV.model_copy(update={"database_url": database})))
    django.setup()
    from tests.makers import desk  # noqa: PLC0415

    desk.FIELDS = Fields(read_keys(Path(keys)))  # type: ignore[misc] # the test's own
    getattr(import_module(module), function)(Path(folder))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(*sys.argv[1:])
