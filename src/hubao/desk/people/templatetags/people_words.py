"""What templates of signing in need to know of the settings."""

from typing import Final

from django import template
from django.template.context import Context

from hubao.desk.core.wired import wired

register: Final = template.Library()


@register.inclusion_tag("people/provider_button.html", takes_context=True)
def provider_button(context: Context, *, or_else: bool = False) -> dict[str, object]:
    """Show the button that leads to the sign-in provider, if settings name one.

    With `or_else`, a line under it leads over to the password.
    """
    request, told = context["request"], wired().provider
    return {
        "shown": told is not None,
        "name": told.name if told else "",
        "next": request.GET.get("next", ""),
        "or_else": or_else,
        "csrf_token": context.get("csrf_token"),
    }
