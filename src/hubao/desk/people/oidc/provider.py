"""allauth's OpenID Connect provider, as this house has it: nothing from the request."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from hubao.desk.core.wired import Provider
from hubao.desk.people.oidc.tokens import Claimed, NotProved, nonce_of, read_token

ID: Final = "oidc"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def app_of(provider: Provider) -> SocialApp:
    """Write a provider as allauth knows one; it is never saved."""
    return SocialApp(
        provider=OpenIdProvider.id,
        provider_id=ID,
        name=provider.name,
        client_id=provider.client,
        secret=provider.secret,
        settings={
            "server_url": f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            "oauth_pkce_enabled": True,
            "scope": ["openid"] if provider.claim == "sub" else ["openid", "profile"],
            "auth_params": _asked_anew(provider),
        },
    )


def _asked_anew(provider: Provider) -> dict[str, str]:
    """Have the provider ask who it is, by the word that it understands.

    What came of `max_age` is checked. Without it, a provider that tells no `auth_time` is at least
    told to ask each time; the desk can't see whether it did.
    """
    if provider.fresh is None:
        return {"prompt": "login"}
    return {"max_age": str(int(provider.fresh.total_seconds()))}


class Conversation(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth ships no types
    """One sign-in's talk with the provider.

    Attributes:
        told: the provider, as settings have it.
        nonce: what the token must hold; known once the code is exchanged.
    """

    def __init__(self, request: HttpRequest, *, told: Provider) -> None:
        super().__init__(request, ID)
        self.told, self.nonce = told, ""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends people back to."""
        del app
        return str(build_absolute_uri(request, reverse("oidc_callback")))

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself; it must be the one that settings name."""
        config = super().openid_config
        return checked_configuration(config, issuer=self.told.issuer)

    @property
    def basic_auth(self) -> bool:
        """How the desk shows its secret: as the standard has it where the provider is silent."""
        methods = self.openid_config.get("token_endpoint_auth_methods_supported")
        return "client_secret_post" not in (methods or ["client_secret_basic"])

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: SocialApp,
        client: object,
        pkce_code_verifier: str | None = None,
    ) -> dict[str, Any]:
        """Exchange the code, and remember the nonce that belongs to its verifier."""
        self.nonce = nonce_of(pkce_code_verifier or "")
        told = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return cast(dict[str, Any], told)

    def parse_token(self, data: object) -> SocialToken:
        """Keep no access token: the desk asks the provider nothing more."""
        del data
        return SocialToken()

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, *, response: dict[str, Any]
    ) -> SocialLogin:
        """Say whom the id_token names."""
        del app, token
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = answer.json()
        claimed = read_token(
            response.get("id_token"),
            keys=keys,
            provider=self.told,
            nonce=self.nonce,
            at=timezone.now(),
        )
        return self.get_provider().sociallogin_from_response(request, claimed)


class OpenIdProvider(OpenIDConnectProvider):  # type: ignore[misc] # as above
    """Takes one thing from a token: the login that it proves. No name, no e-mail is kept.

    Attributes:
        told: the provider, as settings have it.
    """

    def __init__(self, request: HttpRequest, *, told: Provider) -> None:
        super().__init__(request, app=app_of(told))
        self.told = told

    def get_oauth2_adapter(self, request: HttpRequest) -> Conversation:
        """Talk as we do."""
        return Conversation(request, told=self.told)

    def get_pkce_params(self) -> dict[str, Any]:
        """Send a nonce along with PKCE's challenge."""
        params: dict[str, Any] = super().get_pkce_params()
        return params | {"nonce": nonce_of(params["code_verifier"])}

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Take from the request where to go afterwards, and neither scope, process nor parameter.

        By allauth's process "connect", whoever is signed in could tie other accounts to their own.
        """
        return {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}

    def extract_uid(self, data: Claimed) -> str:
        """Nothing is looked up by this: whose the login is, `adapter.Claims` says."""
        del data
        return ID

    def extract_extra_data(self, data: Claimed) -> dict[str, Any]:
        """What `adapter.Claims` needs."""
        return {"login": data.login, "second_factor": data.second_factor}

    def extract_common_fields(self, data: Claimed) -> dict[str, Any]:
        """Take over nothing."""
        del data
        return {}

    def extract_email_addresses(self, data: Claimed) -> list[Any]:
        """Take over nothing: nobody is known by an e-mail address."""
        del data
        return []


def checked_configuration(config: object, *, issuer: str) -> dict[str, Any]:
    """Give what a provider says of itself back.

    Raises:
        NotProved: it calls itself by another name, lacks an endpoint, or would send secrets in
            clear though its own address is https.
    """
    if not isinstance(config, Mapping) or config.get("issuer") != issuer:
        raise NotProved("The provider doesn't call itself as HUBAO_OIDC_ISSUER does.")
    scheme = urlsplit(issuer).scheme
    for name in _ENDPOINTS:
        if urlsplit(str(config.get(name, ""))).scheme not in {scheme, "https"}:
            raise NotProved(f"The provider's {name} is missing, or isn't https.")
    return dict(config)
