"""The room as Django knows it."""

from django.apps import AppConfig


class People(AppConfig):
    """Who works here."""

    name = "hubao.desk.people"
    label = "people"
