"""What a provider's token proves: every check of OpenID Connect Core 3.1.3.7, none left out.

The library skips the signature of a token that came over TLS and knows no nonce. We want both: the
signature also holds where a proxy ends TLS, and the nonce ties a token to the browser that asked.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Any, Final

import jwt

from hubao.desk.core.wired import Provider
from hubao.kit.errors import HubaoError, Kind

# Signatures by a key of the provider's alone: never "none", nor one made with a shared secret.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                     "ES512", "EdDSA")  # fmt: skip
LEEWAY: Final = 60  # seconds that two clocks may differ
_NEEDED: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")


class NotProved(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A provider's answer proves nothing: a signature, name, time or nonce in it is wrong."""

    code = "people.not_proved"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Claimed:
    """Who somebody is, by a provider's word.

    Attributes:
        login: their login there; as the provider wrote it.
        second_factor: whether the provider says that it asked for a trusted second factor.
    """

    login: str
    second_factor: bool


def nonce_of(verifier: str) -> str:
    """Give the nonce that belongs to a PKCE verifier, a secret that stays in the session.

    So both are tied to the same browser, and nothing more has to be remembered.
    """
    digest = hashlib.sha256(b"nonce:" + verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_token(
    token: object, *, keys: object, provider: Provider, nonce: str, at: datetime
) -> Claimed:
    """Say whom a token names.

    Args:
        token: id_token, as it came.
        keys: the provider's JSON Web Key Set, as it came.
        provider: who must have signed it.
        nonce: what must be in it.
        at: now.

    Raises:
        NotProved: it isn't from this provider, for this desk, for this browser, or not for now.
    """
    try:
        claims = jwt.decode(
            str(token),
            _key(str(token), keys),
            algorithms=list(ALGORITHMS),
            audience=provider.client,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": list(_NEEDED)},
        )
    except jwt.PyJWTError as error:
        raise NotProved(f"The token can't be trusted ({type(error).__name__}).") from None
    _check_for_us(claims, provider)
    if not compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotProved("The token's nonce is another one.")
    _check_fresh(claims, provider, at)
    login = claims.get(provider.claim)
    if not isinstance(login, str):
        raise NotProved("The token lacks the claim of HUBAO_OIDC_CLAIM, or it is no text.")
    return Claimed(login, _second_factor(claims, provider.trusted))


def _key(token: str, keys: object) -> jwt.PyJWK:
    """Find the one key of the provider's that a token says it is signed with."""
    header = jwt.get_unverified_header(token)
    told = keys.get("keys") if isinstance(keys, Mapping) else None
    found = [
        one
        for one in (told if isinstance(told, list) else ())
        if isinstance(one, dict)
        and one.get("use", "sig") == "sig"
        and header.get("kid") in (None, one.get("kid"))
        and one.get("alg", header.get("alg")) == header.get("alg")
    ]
    if len(found) != 1 or header.get("alg") not in ALGORITHMS:
        raise NotProved("The token names no key or algorithm of the provider's.")
    return jwt.PyJWK(found[0], header["alg"])


def _check_for_us(claims: Mapping[str, Any], provider: Provider) -> None:
    ours = (provider.client, [provider.client])
    if claims["aud"] not in ours or claims.get("azp", provider.client) != provider.client:
        raise NotProved("The token is for others too.")


def _check_fresh(claims: Mapping[str, Any], provider: Provider, at: datetime) -> None:
    """Refuse who was asked long ago: else anybody could go on at a desk that signed itself out."""
    if provider.fresh is None:
        return
    asked = claims.get("auth_time")
    if not isinstance(asked, int):
        raise NotProved("The token doesn't tell auth_time, which HUBAO_OIDC_FRESH_MINUTES needs.")
    if at.timestamp() - asked > provider.fresh.total_seconds() + LEEWAY:
        raise NotProved("The provider asked too long ago who it is.")


def _second_factor(claims: Mapping[str, Any], trusted: frozenset[str]) -> bool:
    methods = claims.get("amr")
    told = [claims.get("acr"), *(methods if isinstance(methods, list) else ())]
    return any(isinstance(one, str) and one in trusted for one in told)
