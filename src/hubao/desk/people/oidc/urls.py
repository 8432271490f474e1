"""Addresses of the way to the provider and back; nobody has them unless settings name one."""

from typing import Final

from django.urls import URLPattern, path

from hubao.desk.people.oidc import views

urlpatterns: Final[list[URLPattern]] = [
    path("", views.start, name="oidc_login"),
    path("callback/", views.callback, name="oidc_callback"),
]
