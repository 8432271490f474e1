"""Lines and names cut to a number of character cells, where a Chinese character takes two."""

import unicodedata
from typing import Final

_NO_START: Final = frozenset("，。；：、！？）》」』”’…%,.;:!?)]}")
_NO_END: Final = frozenset("（《「『“‘([{")


def cells(text: str) -> int:
    """Width of `text` in cells of a fixed-width screen."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, limit: int) -> str:
    """`text` in at most `limit` cells, its middle replaced by …, since both ends tell most."""
    if cells(text) <= limit:
        return text
    head = _prefix(text, (limit - 1) // 2)
    tail = _prefix(text[::-1], limit - 1 - cells(head))[::-1]
    return f"{head}…{tail}"


def _prefix(text: str, limit: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += _width(character)
        if used > limit:
            return text[:position]
    return text


def wrapped(text: str, limit: int) -> list[str]:
    """`text` in lines of at most `limit` cells, no line starting with closing punctuation."""
    lines = []
    rest = text
    while cells(rest) > limit:
        cut = _cut(rest, limit)
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*lines, rest]


def _cut(text: str, limit: int) -> int:
    """The last place within `limit` cells where a line may end; mid-word if there is none."""
    fits = max(1, len(_prefix(text, limit)))
    places = (cut for cut in range(fits, 0, -1) if _may_break(text, cut))
    return next(places, fits)


def _may_break(text: str, cut: int) -> bool:
    before, after = text[cut - 1], text[cut]
    if after in _NO_START or before in _NO_END:
        return False
    return before == " " or after == " " or _width(before) == 2 or _width(after) == 2
