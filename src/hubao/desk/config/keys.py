"""What settings say of keys, the log and webhooks, read and checked."""

from base64 import b64decode
from importlib import import_module
from ipaddress import ip_network
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hubao.desk.config.env import Env
from hubao.desk.core.reach import Reach
from hubao.desk.core.wired import Log
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


def log_of(env: Env) -> Log:
    """Say how the ledger is signed.

    Raises:
        BadSetting: HUBAO_LOG_KEY is no Ed25519 public key.
    """
    try:
        key = b64decode(env.log_key, validate=True) if env.log_key else None
        if key is not None:
            Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        raise BadSetting(
            "HUBAO_LOG_KEY is no Ed25519 public key: take what hubao ledger signer said."
        ) from None
    return Log(env.log_origin, key, env.signer, env.heads_to, env.mail_server, env.tsa_roots)


def reach_of(env: Env) -> Reach:
    """Say which web addresses may be called.

    Raises:
        BadSetting: HUBAO_WEBHOOK_NETWORKS isn't made of networks.
    """
    told = [one.strip() for one in env.webhook_networks.split(",") if one.strip()]
    try:
        networks = tuple(ip_network(one) for one in told)
    except ValueError:
        raise BadSetting(
            "HUBAO_WEBHOOK_NETWORKS isn't made of networks: write 10.20.0.0/16, commas between."
        ) from None
    return Reach(loopback=env.mode != "production", networks=networks)
