"""The room as Django knows it."""

from django.apps import AppConfig


class Policies(AppConfig):
    """Protected policyholder records."""

    name = "hubao.desk.policies"
    label = "policies"
