"""An endpoint that has figures and nothing else: the names that Prometheus gets of the real one, and numbers that grow.

python -m ticklake_assets_tests.stack.observability.endpoint_figures PORT TOKEN_FILE
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from stack.service import Program
from stack.services.endpoint import EndpointService
from stack.services.prometheus import token_file
from stack.site import Site

SYMBOLS = ("EURUSD", "BTCUSD")
STAGES = ("read", "clean", "features", "score", "decide", "journal", "answer", "total")
NO_ROOM = 1 << 20
"""Bytes left: the journal refuses."""
COUNTERS = {
    "ticks": {"status": "clean"}, "quarantined": {"rule": "spike"}, "events": {}, "signals": {"side": "long"},
    "abstentions": {"reason": "wide_spread"},
}  # fmt: skip
GAUGES = {
    "feed_age_seconds": {}, "model_age_seconds": {"mode": "live", "digest": "a1"}, "drift": {"what": "score"},
    "breaker_open": {},
}  # fmt: skip
FOREIGN = {
    "nifi_amount_items_queued": {"component_type": "RootProcessGroup", "component_name": "NiFi Flow"},
    "trino_execution_name_QueryManager_RunningQueries": {}, "trino_execution_name_QueryManager_QueuedQueries": {},
}  # fmt: skip
"""Of services that take minutes to start; a stack that is up was seen to have them."""


class EndpointFigures(Collector):
    def __init__(self) -> None:
        self._began = time.monotonic()

    def collect(self) -> Iterator[Metric]:
        count = 100 * (time.monotonic() - self._began)
        for name, labels in COUNTERS.items():
            family = CounterMetricFamily(f"ticklake_endpoint_{name}", name, labels=["symbol", *labels])
            for symbol in SYMBOLS:
                family.add_metric([symbol, *labels.values()], count)
            yield family
        for name, labels in GAUGES.items():
            gauge = GaugeMetricFamily(f"ticklake_endpoint_{name}", name, labels=["symbol", *labels])
            for symbol in SYMBOLS:
                gauge.add_metric([symbol, *labels.values()], 0.1)
            yield gauge
        stages = HistogramMetricFamily("ticklake_endpoint_stage_seconds", "Time", labels=["stage"])
        for stage in STAGES:
            stages.add_metric([stage], [("0.001", count), ("0.01", count), ("+Inf", count)], count / 2000)
        yield stages
        yield CounterMetricFamily("ticklake_endpoint_refused_messages", "Refused", value=1)
        for name, value in (
            ("bytes", 1 << 30),
            ("unsynced_bytes", 4096),
            ("free_bytes", 1 << 30),
            ("room_bytes", NO_ROOM),
        ):
            yield GaugeMetricFamily(f"ticklake_endpoint_journal_{name}", name, value=value)
        connections = GaugeMetricFamily("ticklake_endpoint_connections", "Open", labels=["kind"])
        connections.add_metric(["stream"], 2)
        yield connections
        for name, labels in FOREIGN.items():
            foreign = GaugeMetricFamily(name, name, labels=list(labels))
            foreign.add_metric(list(labels.values()), 0)
            yield foreign


class EndpointOfFigures(EndpointService):
    """In the place of the real one, where a test asks for nothing but its figures."""

    def program(self, site: Site) -> Program:
        return Program([sys.executable, "-m", __name__, str(site.port("endpoint")), token_file(site)])


def serve(port: int, token: Path) -> None:
    registry = CollectorRegistry()
    registry.register(EndpointFigures())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(200, b"ok")
            elif self.headers.get("Authorization") != f"Bearer {token.read_text().strip()}":
                self._answer(401, b"Expected the token")
            else:
                self._answer(200, generate_latest(registry))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
