"""The page of metrics, in Prometheus' text format: what processes counted, and what was read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from hubao.desk.core import metric_files
from hubao.desk.core.metrics import FROM_NOUGHT, REGISTRY, Declared, Kind, Read

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def text(reads: Iterable[Read]) -> bytes:
    """Write the page: what all processes counted, and what was read for it."""
    for metric, labels in FROM_NOUGHT:
        metric.labels(*labels)
    return generate_latest(_Page(reads))


class _Page(Collector):
    def __init__(self, reads: Iterable[Read]) -> None:
        self._reads = reads

    def collect(self) -> Iterator[Metric]:
        """Give every metric with what it says now."""
        files = metric_files.files()
        yield from sorted(
            REGISTRY.collect() if files is None else _merged(files), key=lambda one: one.name
        )
        by_metric: dict[Declared, list[Read]] = {}
        for one in self._reads:
            by_metric.setdefault(one.of, []).append(one)
        for declared, some in by_metric.items():
            yield _family(declared, some)


def _merged(files: Sequence[str]) -> Iterable[Metric]:
    found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return found


def _family(declared: Declared, reads: Iterable[Read]) -> Metric:
    made = CounterMetricFamily if declared.kind is Kind.COUNTER else GaugeMetricFamily
    family = made(declared.name, declared.about, labels=declared.labels)
    for one in reads:
        family.add_metric(one.labels, one.value)
    return family
