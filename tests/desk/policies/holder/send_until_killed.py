"""A worker killed as a message leaves, or right after: DATABASE FOLDER KEYS before|after."""

import os
import signal
import sys
from pathlib import Path

import django
from django.conf import settings

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.seal.fields import Fields
from hubao.seal.keyset import Key, Keyset


def main(url: str, folder: str, keys: str, when: str) -> None:
    """Send what waits."""
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    from hubao.desk.core.messages.local import Folder  # noqa: PLC0415
    from hubao.desk.core.messages.sending import send_due  # noqa: PLC0415
    from hubao.desk.policies.holder.tasks import courier  # noqa: PLC0415
    from tests.makers.desk import NOON  # noqa: PLC0415

    class Dying:
        def send(self, *, to: str, text: str, kind: str) -> None:
            if when == "after":
                Folder(Path(folder)).send(to=to, text=text, kind=kind)
            os.kill(os.getpid(), signal.SIGKILL)

    key, index = map(Key.read, Path(keys).read_text().split())
    fields = Fields(Keyset((key,), (index,)))
    send_due(courier(fields=lambda: fields, insurer="", by="system:desk"), Dying(),
             clock=lambda: NOON)  # fmt: skip


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[4]))
    main(*sys.argv[1:])
