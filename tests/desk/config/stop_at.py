"""Back up or restore until a stage is reached, say so, and wait there to be killed.

DATABASE back_up|restore STAGE FILE KEYSET KEY
"""

import sys
import time
from pathlib import Path

import django
from django.conf import settings

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.keys import KeysetFile
from hubao.seal.keyset import Key, LocalKey


def main(url: str, what: str, stage: str, file: str, keyset: str, key: str) -> None:
    """Do it."""
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    from hubao.desk.config.backup.restoring import restore  # noqa: PLC0415
    from hubao.desk.config.backup.taking import back_up  # noqa: PLC0415
    from hubao.desk.config.backup.verifying import Outside  # noqa: PLC0415
    from tests.makers.desk import NOON, SYSTEM  # noqa: PLC0415

    def told(_done: int, _total: int, of: str) -> None:
        if of == stage:
            print("here", flush=True)
            time.sleep(600)

    keys = KeysetFile(Path(keyset), LocalKey(Key.read(Path(key).read_text())))
    if what == "back_up":
        back_up(Path(file), keys=keys, actor=SYSTEM, at=NOON, told=told)
    else:
        restore(Path(file), keys=keys, outside=Outside(), actor=SYSTEM, at=NOON, force=True,
                told=told)  # fmt: skip


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    main(*sys.argv[1:])
