"""Make what a desk needs before Django can start: secrets and a keyset."""

import os
import secrets
from pathlib import Path

from hubao.desk.config.env import Env
from hubao.desk.core.durably import sync
from hubao.seal.keyset import Key, Keyset, LocalKey
from hubao.seal.suites import Suite


def init() -> None:
    """Make the secrets and the keyset that aren't there yet, readable by their owner only.

    When this returns they are on the disk: what is encrypted from now on opens with nothing else.
    """
    data = Path(os.environ.get("HUBAO_DATA", Env.model_fields["data"].default))
    folder = Path(os.environ.get("HUBAO_SECRETS", data / "secrets"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(folder / "hubao_secret_key", secrets.token_urlsafe(48))
    _keep(folder / "hubao_key", Key.new(Suite.INTERNATIONAL).text)
    path = data / "keyset.json"
    if not path.exists():
        key = LocalKey(Key.read((folder / "hubao_key").read_text(encoding="utf-8")))
        _keep(path, Keyset.new(Suite.INTERNATIONAL).sealed(key))


def _keep(path: Path, text: str) -> None:
    if path.exists():
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    sync(path)
    sync(path.absolute().parent)
