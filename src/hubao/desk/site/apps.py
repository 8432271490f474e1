"""The room as Django knows it."""

from django.apps import AppConfig


class Site(AppConfig):
    """Home, navigation, sign-in pages."""

    name = "hubao.desk.site"
    label = "site"
