"""What becomes of a contact: at what hour it came, what is said of it, what was lost."""

import numpy as np
from numpy.typing import NDArray

from hubao.world.model import DAY, HOUR, NEVER, NOBODY, Bools, Ints

MEDIUM = (0.80, 0.12, 0.08)  # phone, text message, letter
CONVERTED = 0.01  # contacts that end in a loss
LOSS, LOSS_SPREAD = 3_750_000, 1.0  # median in fen, and sigma of its log-normal
REPORT_DAYS, REPORT_SPREAD = 2.0, 1.5  # median days until a report, and sigma; mean 6 days
QUOTES = 0.5  # contacts from a leak of which somebody noted what the caller knew
CALLS = (0.13, 0.16, 0.14, 0.04, 0.05, 0.12, 0.13, 0.10, 0.07, 0.04, 0.02)  # by hour, from 9


def moments(rng: np.random.Generator, days: Ints) -> Ints:
    """Give a moment of each day when callers are at work, in seconds."""
    hour = 9 + rng.choice(len(CALLS), size=len(days), p=CALLS)
    return days * DAY + hour * HOUR + rng.integers(HOUR, size=len(days))


def media(rng: np.random.Generator, count: int) -> NDArray[np.int8]:
    """int8 (count,): by phone mostly, else by text message or letter."""
    return rng.choice(len(MEDIUM), size=count, p=MEDIUM).astype(np.int8)


def reports(rng: np.random.Generator, contacted: Ints, reported: Bools) -> Ints:
    """Report some hours to some weeks later; a few much later."""
    drawn = np.exp(REPORT_SPREAD * rng.standard_normal(len(contacted)))
    delay = np.maximum(REPORT_DAYS * DAY * drawn, HOUR)
    return np.where(reported, contacted + delay.astype(np.int64), NEVER)


def stated(rng: np.random.Generator, contacted: Ints, reported: Ints, sigma: float) -> Ints:
    """Remember the time wrongly, half of the time no better than the day."""
    if sigma <= 0:
        return contacted
    moment = contacted + np.rint(sigma * DAY * rng.standard_normal(len(contacted))).astype(np.int64)
    moment = np.where(rng.random(len(moment)) < 0.5, moment // DAY * DAY, moment)
    return np.clip(moment, 0, reported)


def quoted(rng: np.random.Generator, shown: Ints) -> NDArray[np.int8]:
    """Note for half of the contacts which of the shown fields the caller knew."""
    return np.where(rng.random(len(shown)) < QUOTES, shown, NOBODY).astype(np.int8)


def lost(rng: np.random.Generator, mistaken: Bools) -> Ints:
    """Take money, in fen, from one in a hundred of those who were really called."""
    amounts = LOSS * np.exp(LOSS_SPREAD * rng.standard_normal(len(mistaken)))
    hit = (rng.random(len(mistaken)) < CONVERTED) & ~mistaken
    return np.where(hit, np.rint(amounts), 0).astype(np.int64)
