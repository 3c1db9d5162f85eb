from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.logs import bound
from serving.endpoint.telemetry.stages import Stage, Stages
from serving.endpoint.telemetry.traces import Tracer, open_tracer
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import running_endpoint

WAY = (Stage.READ, Stage.CLEAN, Stage.FEATURES, Stage.SCORE, Stage.DECIDE, Stage.JOURNAL, Stage.ANSWER)


class Collector:
    """What a real collector would have got by OTLP over HTTP."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def attributes(self, span: Span) -> dict[str, str | int]:
        return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    got = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield got
        server.shutdown()
        thread.join()


def _trace(tracer: Tracer, number: int = 1) -> None:
    stages = Stages(Counters().stages, traced=True)
    for stage in WAY:
        stages.done(stage)
    stages.finish()
    assert stages.spans is not None
    tracer.event(stages.spans, {"symbol": "EURUSD", "signal_id": f"s{number}", "ts_us": number})


def test_an_event_is_a_trace_from_tick_to_answer(collector: Collector) -> None:
    before, tracer = time.time_ns(), open_tracer(Settings(trace_share=1))
    assert tracer is not None
    with bound(request_id="r1"):
        _trace(tracer)
    tracer.close()
    (root,) = (span for span in collector.spans if not span.parent_span_id)
    parts = [span for span in collector.spans if span.parent_span_id]
    assert root.name == "tick"
    assert collector.attributes(root) == {
        "symbol": "EURUSD", "signal_id": "s1", "ts_us": 1, "request_id": "r1",
    }  # fmt: skip
    assert [span.name for span in parts] == [str(stage) for stage in WAY]
    assert {span.trace_id for span in parts} == {root.trace_id}
    assert {span.parent_span_id for span in parts} == {root.span_id}
    assert before <= root.start_time_unix_nano == parts[0].start_time_unix_nano
    assert parts[-1].end_time_unix_nano <= root.end_time_unix_nano <= time.time_ns()
    for one, other in pairwise(parts):
        assert one.end_time_unix_nano == other.start_time_unix_nano
    (resource,) = {request.resource_spans[0].resource.SerializeToString() for request in collector.requests}
    assert b"ticklake-endpoint" in resource


def test_the_share_of_traces_is_the_setting_and_each_is_whole(collector: Collector) -> None:
    tracer = open_tracer(Settings(trace_share=0.2))
    assert tracer is not None
    for number in range(500):
        _trace(tracer, number)
    tracer.close()
    traces = {span.trace_id for span in collector.spans}
    assert 50 <= len(traces) <= 160  # 100 expected, deviation 9
    assert len(collector.spans) == len(traces) * (1 + len(WAY))


def test_a_collector_that_is_away_costs_the_endpoint_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    tracer = open_tracer(Settings(trace_share=1))
    assert tracer is not None
    began = time.perf_counter()
    for number in range(300):
        _trace(tracer, number)
    assert time.perf_counter() - began < 2
    before = threading.active_count()
    tracer.close(timeout_s=0.5)
    assert threading.active_count() < before
    assert time.perf_counter() - began < 5


def test_without_an_exporter_nothing_is_imported() -> None:
    code = (
        "import sys; from serving.endpoint.telemetry.traces import open_tracer; "
        "from ticklake_assets.settings import Settings; assert open_tracer(Settings()) is None; "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": ""}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_running_endpoint_traces_the_ticks_that_made_signals(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKLAKE_TRACE_SHARE", "1")
    recorded = record_day(tmp_path / "landing", ticks=200)
    with running_endpoint(tmp_path / "home") as endpoint:
        endpoint.push(make_deployment(endpoint.settings.keys_dir, "SYNEUR"))

        async def replay() -> list[str]:
            async with endpoint.client.stream("SYNEUR", recorded.day.trading_day.isoformat()) as stream:
                await stream.start()
                answers = [await stream.ask(tick) for tick in recorded.ticks]
                return [answer.signal.signal_id for answer in answers if answer.signal is not None]

        signals = asyncio.run(replay())
    roots = {span.span_id: span for span in collector.spans if not span.parent_span_id}
    assert [collector.attributes(root)["signal_id"] for root in roots.values()] == signals
    assert len(signals) > 3
    for span_id in roots:
        names = {span.name for span in collector.spans if span.parent_span_id == span_id}
        assert names == {str(stage) for stage in WAY}
