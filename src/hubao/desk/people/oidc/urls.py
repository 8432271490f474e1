"""Addresses of the way to the provider and back; nobody has them unless settings name one."""

from typing import Final

from django.urls import URLPattern, path

from hubao.desk.people.oidc import pages

urlpatterns: Final[list[URLPattern]] = [
    path("", pages.start, name="oidc_login"),
    path("callback/", pages.callback, name="oidc_callback"),
]
