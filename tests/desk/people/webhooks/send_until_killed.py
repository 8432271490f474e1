"""Send webhooks until killed: DATABASE KEYSET KEY."""

import sys
from pathlib import Path

import django
from django.conf import settings

from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.keys import KeysetFile
from hubao.seal.keyset import Key, LocalKey


def main(url: str, keyset: str, key: str) -> None:
    """Send."""
    settings.configure(**django_settings(ENV.model_copy(update={"database_url": url})))
    django.setup()
    from hubao.desk.people.webhooks.sending import Sender  # noqa: PLC0415
    from tests.makers.webhooks import HERE, Clock  # noqa: PLC0415

    keys = KeysetFile(Path(keyset), LocalKey(Key.read(Path(key).read_text())))
    with Sender(keys=keys, reach=HERE, by="system:test", clock=Clock()) as sends:
        sends.finish()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[4]))
    main(*sys.argv[1:])
