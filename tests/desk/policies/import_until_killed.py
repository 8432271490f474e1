"""Import a file into a database, slowly enough to be killed: DATABASE FILE KEYS."""

import sys
import time
from pathlib import Path

import django
from django.conf import settings

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.files import given
from hubao.seal.keyset import Key, Keyset


def main(url: str, path: str, keys: str) -> None:
    """Import."""
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    from hubao.desk.policies.operations.imports import import_policies  # noqa: PLC0415
    from tests.makers.desk import NOON, SYSTEM  # noqa: PLC0415

    key, index = map(Key.read, Path(keys).read_text().split())
    import_policies(
        given(Path(path)),
        actor=SYSTEM,
        at=NOON,
        keyset=Keyset((key,), (index,)),
        reject=lambda *_: None,
        told=lambda *_: time.sleep(0.2),
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    main(*sys.argv[1:])
