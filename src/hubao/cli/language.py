"""The language of what people read."""

import os
from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    """A language that reports are written in."""

    EN = "en"
    ZH = "zh"


def language_of(environment: Mapping[str, str]) -> Language:
    """Chinese where the environment's messages are Chinese, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return Language.ZH if environment[name].startswith("zh") else Language.EN
    return Language.EN


def our_language() -> Language:
    """The language of this process's environment."""
    return language_of(os.environ)
