"""What the desk counts, for Prometheus: rooms declare and count, `metric_page` tells.

Labels are few and known beforehand: names of views, codes, words of an enumeration; never an id, a
name or a record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    values,
)

from hubao.desk.core import metric_files
from hubao.kit.errors import HubaoError

# Our own: the library's tells strangers which Python this is, and counts by process.
REGISTRY: Final = CollectorRegistry()
values.ValueClass = metric_files.Value
disable_created_metrics()  # type: ignore[no-untyped-call]
FAULT: Final = "fault"  # an outcome that nobody anticipated
P = ParamSpec("P")
T = TypeVar("T")


class Kind(StrEnum):
    """What sort of number a metric is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Declared:
    """A metric as its page and its reference have it.

    Attributes:
        name: with its unit; a counter's ends in `_total`.
        kind: what sort of number.
        about: one sentence.
        labels: what it is told apart by.
        is_read: whether it is read when the page is asked for, not counted by processes.
    """

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    is_read: bool = False


@dataclass(frozen=True)
class Read:
    """A number that was read when the page was asked for, as from the database."""

    of: Declared
    value: float
    labels: tuple[str, ...] = ()


DECLARED: Final[dict[str, Declared]] = {}
FROM_NOUGHT: Final[list[tuple[Counter, tuple[str, ...]]]] = []


def counter(
    name: str, about: str, label: str, *labels: str, known: Sequence[tuple[str, ...]] = ()
) -> Counter:
    """Declare what processes count.

    Args:
        name: ends in `_total`.
        about: one sentence.
        label: the first label. Without any, importing this would already count.
        labels: more of them.
        known: values of all labels that are told as 0 from the beginning, so that the first
            time is seen as a rise.
    """
    _declare(Declared(name, Kind.COUNTER, about, (label, *labels)))
    made = Counter(name, about, (label, *labels), registry=REGISTRY)
    FROM_NOUGHT.extend((made, one) for one in known)
    return made


def histogram(
    name: str, about: str, label: str, *labels: str, buckets: Sequence[float]
) -> Histogram:
    """Declare how long something takes, by `buckets` in seconds."""
    _declare(Declared(name, Kind.HISTOGRAM, about, (label, *labels)))
    return Histogram(name, about, (label, *labels), registry=REGISTRY, buckets=buckets)


def newest(name: str, about: str, label: str, *labels: str) -> Gauge:
    """Declare a number of which the one set last counts, whichever process set it."""
    _declare(Declared(name, Kind.GAUGE, about, (label, *labels)))
    return Gauge(name, about, (label, *labels), registry=REGISTRY, multiprocess_mode="mostrecent")


def reading(name: str, about: str, *labels: str, kind: Kind = Kind.GAUGE) -> Declared:
    """Declare what is read when the page is asked for."""
    return _declare(Declared(name, kind, about, labels, is_read=True))


def counted(metric: Counter, *by: str, done: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Count each call of an operation by its outcome: `done`, an error's code, or FAULT.

    Args:
        metric: whose labels are those of `by`, then the outcome.
        by: arguments that are words of an enumeration.
        done: what it is called if nothing is raised.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            outcome = FAULT
            try:
                answer = function(*args, **kwargs)
                outcome = done
            except HubaoError as error:
                outcome = error.code
                raise
            finally:
                metric.labels(*(_word(kwargs.get(name)) for name in by), outcome).inc()
            return answer

        return wrapped

    return decorated


def _declare(declared: Declared) -> Declared:
    DECLARED[declared.name] = declared
    return declared


def _word(value: object) -> str:
    """Take words of an enumeration only: anything else may be what somebody typed."""
    return str(value) if isinstance(value, StrEnum) else "other"
