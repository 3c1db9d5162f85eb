"""Traces from tick to signal by OpenTelemetry, where an exporter is configured; else nothing of it is imported.

The standard variables say where to (`OTEL_EXPORTER_OTLP_ENDPOINT`, headers, certificates, `OTEL_SERVICE_NAME`). A trace
is made after its answer was sent, of the clock readings that its `Stages` has anyway.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from structlog.contextvars import get_contextvars

from serving.endpoint.telemetry.stages import Span
from ticklake_assets.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

_LOG = logging.getLogger("ticklake.endpoint")


class Tracer:
    """Sends a share of what it is told, batched by a thread; what a slow collector leaves over is dropped."""

    def __init__(self, provider: TracerProvider, processor: BatchSpanProcessor) -> None:
        from opentelemetry import trace

        self._processor = processor
        self._tracer = provider.get_tracer("ticklake.endpoint")
        self._under = trace.set_span_in_context

    def event(self, spans: Sequence[Span], attributes: Mapping[str, str | int]) -> None:
        """Trace the message of an event: the last of its `spans` is the whole, the others become its children.

        What is bound to the log (the request's id) becomes attributes, too.
        """
        *parts, whole = spans
        epoch_ns = time_ns() - perf_counter_ns()
        told = {**get_contextvars(), **attributes}
        root = self._tracer.start_span("tick", start_time=epoch_ns + whole.start_ns, attributes=told)
        if root.is_recording():
            context = self._under(root)
            for part in parts:
                child = self._tracer.start_span(part.stage, context, start_time=epoch_ns + part.start_ns)
                child.end(epoch_ns + part.end_ns)
        root.end(epoch_ns + whole.end_ns)

    def close(self, timeout_s: float = 3.0) -> None:
        """Send what waits, for at most `timeout_s`: by itself it would try a collector that is away for 30."""
        closing = threading.Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(timeout_s)
        if closing.is_alive():
            self._processor.span_exporter.shutdown()  # ends its trying
            closing.join(1.0)


def open_tracer(settings: Settings) -> Tracer | None:
    """A tracer of the settings' share of event ticks; None where no exporter is configured."""
    if not settings.exports_traces:
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        _LOG.warning(
            "No traces. Expected the libraries of the extra `tracing`: pip install 'ticklake[tracing]'"
        )
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.trace_share)),
        resource=Resource({"service.name": "ticklake-endpoint"}).merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
    )
    processor = BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(processor)
    return Tracer(provider, processor)
