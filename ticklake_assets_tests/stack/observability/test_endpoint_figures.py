from __future__ import annotations

from prometheus_client.registry import Collector

from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.metrics import GAUGES, EndpointCollector, Gauge
from ticklake_assets.core.rule_kernel import KEPT
from ticklake_assets_tests.serving.endpoint.telemetry.counted import batch_of, signal
from ticklake_assets_tests.stack.observability.endpoint_figures import FOREIGN, EndpointFigures


def series(collector: Collector) -> set[tuple[str, frozenset[str]]]:
    return {
        (sample.name, frozenset(sample.labels)) for metric in collector.collect() for sample in metric.samples
    }


def test_the_real_endpoint_has_the_same_series() -> None:
    """Dashboards and rules are tried on those of the figures."""
    counters = Counters()
    counters.of("EURUSD").took(batch_of([KEPT, 1], [[signal("long", "wide_spread")]]))
    own = {"feed_age_seconds", "connections"}
    gauges = [
        Gauge(name, 1.0, ("x",) * len(labels)) for name, (_, labels) in GAUGES.items() if name not in own
    ]
    counters.connections["stream"] += 1
    real = series(EndpointCollector(counters, gauges))
    assert {each for each in series(EndpointFigures()) if each[0] not in FOREIGN} == real
