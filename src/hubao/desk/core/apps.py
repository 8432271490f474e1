"""The room as Django knows it."""

from django.apps import AppConfig


class Core(AppConfig):
    """What every room needs."""

    name = "hubao.desk.core"
    label = "core"
