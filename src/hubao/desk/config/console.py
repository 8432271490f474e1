"""How the console looks: unfold's settings. Colours are those of the product's identity."""

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

_TEAL: Final = {
    "50": "#f0fdfa",
    "100": "#ccfbf1",
    "200": "#99f6e4",
    "300": "#5eead4",
    "400": "#2dd4bf",
    "500": "#14b8a6",
    "600": "#0f766e",
    "700": "#0f766e",
    "800": "#115e59",
    "900": "#134e4a",
    "950": "#042f2e",
}
_static = lazy(static, str)


def console() -> dict[str, Any]:
    """Give unfold's settings."""
    return {
        "UNFOLD": {
            "SITE_TITLE": "hubao 护保",
            "SITE_HEADER": "hubao 护保",
            "SITE_SUBHEADER": _("Policyholder protection"),
            "SITE_URL": reverse_lazy("home"),
            "SITE_ICON": _static("hubao/mark.svg"),
            "SITE_FAVICONS": [
                {"rel": "icon", "type": "image/svg+xml", "href": _static("hubao/mark.svg")}
            ],
            "SHOW_HISTORY": False,
            "SHOW_VIEW_ON_SITE": False,
            "SHOW_LANGUAGES": True,
            "COLORS": {"primary": _TEAL},
            "STYLES": [_static("hubao/console.css")],
            "ENVIRONMENT": "hubao.desk.core.console.environment",
            "SIDEBAR": {
                "show_search": False,
                "show_all_applications": False,
                "navigation": "hubao.desk.site.navigation.navigation",
            },
            "ACCOUNT": {
                "navigation": [
                    {"title": _("Second factors"), "link": reverse_lazy("mfa_index")},
                    {"title": _("Sessions"), "link": reverse_lazy("usersessions_list")},
                    {
                        "title": _("Change password"),
                        "link": reverse_lazy("account_change_password"),
                    },
                ]
            },
        }
    }
