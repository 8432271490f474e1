"""Migrations say what the models say."""

import pytest
from django.core.management import call_command


@pytest.mark.usefixtures("database")
def test_no_model_has_changed_without_a_migration() -> None:
    call_command(
        "makemigrations", "--check", "--dry-run", verbosity=0
    )  # exits where one is missing
