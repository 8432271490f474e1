"""The door through which the command line finds the desk, by entry point."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

from hubao.desk.config.keys import BadSetting


def start() -> None:
    """Set Django up from the environment.

    Raises:
        BadSetting: a setting is missing or can't be used; says which one.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubao.desk.config.settings")
    try:
        with named_setting():
            django.setup()
    except ImproperlyConfigured as error:
        raise BadSetting(f"The desk's settings don't fit together: {error}") from None


@contextmanager
def named_setting() -> Iterator[None]:
    """Say which setting it was that can't be used.

    Raises:
        BadSetting: one can't.
    """
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        name = f"HUBAO_{'_'.join(str(part) for part in first['loc'])}".upper()
        raise BadSetting(
            f"The setting {name} can't be used ({first['msg']}):"
            " set it, or run hubao desk init in a new place."
        ) from None
