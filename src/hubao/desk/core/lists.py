"""The lists that people browse: unfold's change lists, which only read what a query gives.

Rows come from a room's `queries` with who asks; each opens a page of ours. Nothing is added,
changed or deleted here: there is no address that could.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.core.console import page
from hubao.desk.core.told import SENTENCES


class Pages(Paginator):  # type: ignore[type-arg] # of whatever the list shows
    """Pages of a list, with how many rows there are in words of ours."""

    template_name = "core/pages.html"


class ReadOnlyList(ModelAdmin):  # type: ignore[misc] # unfold ships no types
    """A list; what it shows and how, its subclasses say as every ModelAdmin does.

    Attributes:
        needs: what somebody must be allowed to see it.
        heading: what stands above it.
        empty: what stands there while there is nothing.
    """

    needs: ClassVar[Permission]
    heading: ClassVar[object]
    empty: ClassVar[object]
    actions = None
    list_display_links = None
    list_per_page = 50
    paginator = Pages

    def rows(self, actor: Actor, at: datetime) -> QuerySet[Any]:
        """Give the rows that somebody sees now, by one of the room's queries."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Give the rows."""
        return self.rows(_asking(request), timezone.now())

    def get_urls(self) -> list[URLPattern]:
        """Give the list's address, and no other."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("", self.admin_site.admin_view(self.changelist_view), name=name)]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or say that it isn't theirs."""
        if not self.has_view_permission(request):
            why = _(SENTENCES["core.not_allowed"])
            return page(request, "core/sorry.html", title=_("Not allowed"), why=why, status=403)
        told = {"title": self.heading, "empty": self.empty, **(extra_context or {})}
        shown: HttpResponse = super().changelist_view(request, told)
        if isinstance(shown, TemplateResponse) and shown.context_data is not None:
            shown.context_data["opts"] = _Titled(self.opts, self.heading)
        return shown

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Tell whether somebody may see the list; single rows have no page here."""
        return obj is None and _asking(request).may(self.needs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for the list."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes here."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes here."""
        del request, obj
        return False


class _Titled:
    """A table's description under the list's heading, as the shell takes its title from there."""

    def __init__(self, opts: object, heading: object) -> None:
        self._opts, self.verbose_name_plural = opts, heading

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._opts, name)
        return found


def _asking(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
