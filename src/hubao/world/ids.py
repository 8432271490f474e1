"""How numbers of policies, actors and the like are spelled in tables and in the truth."""

import numpy as np
import pyarrow as pa

from hubao.world.model import Ints

POLICY_DIGITS = 7
ACTOR_DIGITS = 5


def policy_ids(numbers: Ints, *, of: int) -> "pa.StringArray":
    """Spell policy numbers as P0000000 and so on.

    Args:
        numbers: int (n,) in [0, of).
        of: how many policies the world has; more than 10^7 make all of its ids longer.
    """
    return spell("P", numbers, max(POLICY_DIGITS, len(str(of - 1))))


def actor_ids(numbers: Ints, *, of: int) -> "pa.StringArray":
    """Spell actors' numbers as A00000 and so on; see `policy_ids`."""
    return spell("A", numbers, max(ACTOR_DIGITS, len(str(of - 1))))


def spell(prefix: str, numbers: Ints, digits: int) -> "pa.StringArray":
    """Spell numbers as ids of one width; built as bytes, as 10^8 Python strings take too long.

    Args:
        prefix: ASCII letters.
        numbers: int (n,), not negative and with no more than `digits` digits; at most
            2^31 bytes in all, so write longer tables in chunks.
        digits: how many, with leading zeros.
    """
    head, width = len(prefix), len(prefix) + digits
    spelled = np.empty((len(numbers), width), dtype=np.uint8)
    spelled[:, :head] = np.frombuffer(prefix.encode("ascii"), dtype=np.uint8)
    rest = numbers.astype(np.int64)
    for place in range(width - 1, head - 1, -1):
        rest, digit = np.divmod(rest, 10)
        spelled[:, place] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets), pa.py_buffer(spelled.ravel())
    )
