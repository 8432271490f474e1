"""How templates say how long something took."""

from typing import Final

from django import template
from django.utils.translation import ngettext

register: Final = template.Library()
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@register.filter
def span(seconds: int | None) -> str:
    """Say a number of seconds in the one unit that fits."""
    if seconds is None:
        return "–"
    if seconds < 2 * _MINUTE:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if seconds < 2 * _HOUR:
        n = seconds // _MINUTE
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    if seconds < 2 * _DAY:
        n = seconds // _HOUR
        return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}
    n = seconds // _DAY
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


@register.filter
def minutes(number: int) -> str:
    """Say a number of minutes in the one unit that fits."""
    return span(number * _MINUTE)
