"""Ids of our own: tokens that say nothing of whom they stand for, and sort by when they were made.

Each begins with a letter of a to f, so that it is a hexadecimal word as a whole and no run of
digits in it can be taken for a person's number. Those made one after the other lie side by side in
an index, which is what keeps imports fast.
"""

import os
import time
from typing import Final

POLICY: Final = "b"
ENDPOINT: Final = "c"
ITEM: Final = "d"
BREAK_GLASS: Final = "e"
REPORT: Final = "f"
ALERT: Final = "a"
SENDING: Final = "a"  # the letters have run out; a webhook's sending and an alert never meet


def new_id(letter: str) -> str:
    """Make an id: a letter, 12 hexadecimal digits of the time in ms, 12 by chance."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{letter}{milliseconds:012x}{os.urandom(6).hex()}"
