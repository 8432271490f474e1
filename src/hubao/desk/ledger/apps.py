"""The room as Django knows it."""

from django.apps import AppConfig


class Ledger(AppConfig):
    """Who saw or did what."""

    name = "hubao.desk.ledger"
    label = "ledger"
