"""The room as Django knows it."""

from django.apps import AppConfig


class Feeds(AppConfig):
    """Access events from other systems."""

    name = "hubao.desk.feeds"
    label = "feeds"
