"""Import a source and be killed at a moment: DATABASE FOLDER KEYS MOMENT NTH."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest import mock

import django
from django.conf import settings

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.seal.fields import Fields
from hubao.seal.keyset import Key, Keyset


def main(url: str, folder: str, keys: str, moment: str, nth: str) -> None:
    """Import, and kill this very process before the nth call of something."""
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    from hubao.desk.feeds.operations.imports import Wires, import_source  # noqa: PLC0415
    from hubao.desk.feeds.places import Places  # noqa: PLC0415
    from tests.makers.desk import NOON, SYSTEM  # noqa: PLC0415

    place = Path(folder)
    key, index = map(Key.read, Path(keys).read_text().split())
    wires = Wires(Places(place / "lake", place / "feeds"), Fields(Keyset((key,), (index,))))
    with mock.patch(moment, _dying(resolve_name(moment), int(nth))):
        import_source(name="core", actor=SYSTEM, at=NOON, wires=wires)


def _dying(real: Callable[..., Any], nth: int) -> Callable[..., Any]:
    calls = count(1)

    def called(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    return called


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    main(*sys.argv[1:])
