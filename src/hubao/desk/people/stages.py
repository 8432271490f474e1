"""The steps of a sign-in that this house does otherwise than allauth."""

from collections.abc import Mapping
from typing import Any

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest


class SecondFactor(AuthenticateStage):  # type: ignore[misc] # allauth ships no types
    """Asks for the second factor, unless a trusted provider has just asked for one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not provider_factor(self.login.signal_kwargs) and super()._should_handle(request)


def provider_factor(hooks: Mapping[str, Any] | None) -> bool:
    """Tell whether a sign-in came from a provider that asked for a second factor we trust."""
    came = (hooks or {}).get("sociallogin")
    return came is not None and bool(came.account.extra_data.get("second_factor"))
