"""Make what a desk needs before Django can start: secrets and a keyset."""

import os
import secrets
from pathlib import Path

from hubao.desk.config.env import Env, secrets_folders
from hubao.desk.config.keys import key_encryption
from hubao.desk.config.start import named_setting
from hubao.desk.core.durably import sync
from hubao.seal.keyset import Key, Keyset
from hubao.seal.suites import Suite


def init() -> None:
    """Make the secrets and the keyset that aren't told or there yet, for their owner only.

    When this returns they are on the disk: what is encrypted from now on opens with nothing else.

    Raises:
        BadSetting, BadKey: what is told already can't be used.
    """
    _secret("hubao_secret_key", secrets.token_urlsafe(48))
    if not _is_told("hubao_kms"):
        _secret("hubao_key", Key.new(Suite.INTERNATIONAL).text)
    with named_setting():
        env = Env.read()
    _keep(env.keyset_path, Keyset.new(Suite.INTERNATIONAL).sealed(key_encryption(env)))


def _secret(name: str, text: str) -> None:
    """Make a secret, in the folder that is looked into last."""
    folder = secrets_folders()[-1]
    if not _is_told(name):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep(folder / name, text)


def _is_told(name: str) -> bool:
    return name.upper() in os.environ or any((one / name).exists() for one in secrets_folders())


def _keep(path: Path, text: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    sync(path)
    sync(path.absolute().parent)
