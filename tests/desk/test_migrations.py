"""Migrations say what the models say."""

from io import StringIO

import pytest
from django.core.management import call_command


@pytest.mark.usefixtures("database")
def test_no_model_has_changed_without_a_migration() -> None:
    said = StringIO()

    call_command("makemigrations", "--dry-run", stdout=said, no_color=True)

    assert said.getvalue() == "No changes detected\n"
