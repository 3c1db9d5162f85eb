"""Counters and gauges as Prometheus reads them, made when it asks: nothing here is on a tick's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import monotonic_ns
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from serving.endpoint.telemetry.counters import Counters

_PREFIX = "ticklake_endpoint_"


class Gauge(NamedTuple):
    """A value of now that a room of the endpoint tells: `name` is a key of `GAUGES`, `labels` its labels' values."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "feed_age_seconds": ("Since the last tick of the symbol came in", ("symbol",)),
    "model_age_seconds": ("Since the as-of day of a model in service began", ("symbol", "mode", "digest")),
    "drift": ("How far live data are from the model's reference, by what is compared", ("symbol", "what")),
    "breaker_open": ("1 while the symbol abstains by its breaker", ("symbol",)),
    "journal_bytes": ("Size of all journals on disk", ()),
    "journal_unsynced_bytes": ("Written to journals and not yet synced to disk", ()),
    "journal_free_bytes": ("Free on the journals' disk", ()),
    "journal_room_bytes": ("May still be written to journals before new ticks are refused", ()),
    "connections": ("Open connections", ("kind",)),
}


class EndpointCollector(Collector):
    """The endpoint's own figures: those of `counters`, and the `gauges` that its rooms tell."""

    def __init__(self, counters: Counters, gauges: Iterable[Gauge]) -> None:
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        yield from self._counts()
        yield self._stages()
        families = {
            name: GaugeMetricFamily(_PREFIX + name, text, labels=labels)
            for name, (text, labels) in GAUGES.items()
        }
        for gauge in (*self._gauges, *self._own_gauges()):
            labels = zip(GAUGES[gauge.name][1], gauge.labels, strict=True)
            families[gauge.name].add_sample(_PREFIX + gauge.name, dict(labels), gauge.value)
        yield from families.values()

    def _counts(self) -> Iterator[Metric]:
        ticks = _counter("ticks", "Ticks by what became of them", "symbol", "status")
        quarantined = _counter("quarantined", "Ticks that broke a cleaning rule", "symbol", "rule")
        events = _counter("events", "Events of the feature kernel", "symbol")
        signals = _counter("signals", "Signals sent, by side", "symbol", "side")
        abstentions = _counter("abstentions", "Reasons to abstain in signals", "symbol", "reason")
        for symbol, counted in self._counters.symbols.items():
            events.add_metric([symbol], counted.events)
            for family, by in (
                (ticks, counted.ticks),
                (quarantined, counted.quarantined),
                (signals, counted.signals),
                (abstentions, counted.abstentions),
            ):
                for label, count in by.items():
                    family.add_metric([symbol, label], count)
        refused = _counter("refused_messages", "Messages that were answered with an error")
        refused.add_metric([], self._counters.malformed)
        yield from (ticks, quarantined, events, signals, abstentions, refused)

    def _stages(self) -> Metric:
        family = HistogramMetricFamily(
            f"{_PREFIX}stage_seconds", "Time of a message in a stage of its way", labels=["stage"]
        )
        for stage, histogram in self._counters.stages.items():
            buckets = [(str(bound / 1e9), float(count)) for bound, count in histogram.cumulative()]
            family.add_metric([stage], [*buckets, ("+Inf", histogram.count)], histogram.sum_ns / 1e9)
        return family

    def _own_gauges(self) -> Iterator[Gauge]:
        now = monotonic_ns()
        for symbol, counted in self._counters.symbols.items():
            if counted.last_tick_ns:
                yield Gauge("feed_age_seconds", (now - counted.last_tick_ns) / 1e9, (symbol,))
        for kind, count in self._counters.connections.items():
            yield Gauge("connections", count, (kind,))


def exposition(counters: Counters, gauges: Iterable[Gauge], accept: str) -> tuple[bytes, str]:
    """All figures and those of the process, in the format that `accept` asks for, and that format's media type."""
    registry = CollectorRegistry()
    registry.register(EndpointCollector(counters, gauges))
    ProcessCollector(registry=registry)
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(_PREFIX + name, text, labels=labels)
