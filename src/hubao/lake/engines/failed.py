"""What an engine raises, whichever engine it is."""

from typing import ClassVar

from hubao.kit.errors import HubaoError, Kind


class EngineFailed(HubaoError):  # noqa: N818 - names say what happened, not that it is an error
    """A step could not be run; the message never holds a value or the engine's own words."""

    code: ClassVar[str] = "engine.failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class OutOfMemory(EngineFailed):
    """A step needs more memory or scratch space than there is."""

    code: ClassVar[str] = "engine.out_of_memory"
