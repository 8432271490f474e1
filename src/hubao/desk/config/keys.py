"""The key-encryption key: our own from a variable or file, or a key management service's."""

from importlib import import_module
from typing import cast

from hubao.desk.config.env import Env
from hubao.kit.errors import BadInput
from hubao.seal.keyset import Key, KeyEncryption, LocalKey


class BadSetting(BadInput):
    """A `HUBAO_*` setting is missing or can't be used."""

    code = "config.bad_setting"


class Unset:
    """Stands where no key is told: the desk starts, but opens no keyset."""

    name = "none"

    def wrap(self, clear: bytes) -> bytes:
        """Refuse."""
        del clear
        raise self._refused()

    def unwrap(self, sealed: bytes) -> bytes:
        """Refuse."""
        del sealed
        raise self._refused()

    def _refused(self) -> BadSetting:
        return BadSetting(
            "No key opens the keyset: set HUBAO_KEY or HUBAO_KMS, or run hubao desk init."
        )


def key_encryption(env: Env) -> KeyEncryption:
    """Give the key that opens the keyset.

    Raises:
        BadSetting: HUBAO_KMS names nothing that can be imported.
        BadKey: HUBAO_KEY is no key.
    """
    if env.kms is not None:
        return _adapter(env.kms)
    return LocalKey(Key.read(env.key.get_secret_value())) if env.key else Unset()


def _adapter(named: str) -> KeyEncryption:
    module, _, name = named.partition(":")
    try:
        return cast(KeyEncryption, getattr(import_module(module), name)())
    except (ImportError, AttributeError, ValueError) as error:
        raise BadSetting(
            f"HUBAO_KMS names nothing to import ({type(error).__name__}): write module:function."
        ) from error
