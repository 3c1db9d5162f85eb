"""A running bridge's figures as Prometheus reads them, on 127.0.0.1: made from its newest status when it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mt5_bridge.errors import SetupError
from mt5_bridge.running.status import MoneyStatus, Status, SymbolStatus

_PREFIX = "ticklake_bridge_"
TRADING = "trading"


class BridgeCollector(Collector):
    """`newest` gives the status of the last heartbeat, None before the first."""

    def __init__(self, newest: Callable[[], Status | None]) -> None:
        self._newest = newest

    def collect(self) -> Iterator[Metric]:
        status = self._newest()
        if status is None:
            return
        yield _gauge(
            "up",
            "1 while it may enter positions, 0 while it waits, is killed or stopped",
            status.state == TRADING,
        )
        yield _gauge("mode", "1 for the mode that it runs in", 1, mode=status.mode)
        yield _gauge("terminal_connected", "1 while the terminal has its broker", status.terminal_connected)
        yield _gauge(
            "heartbeat_seconds", "Age of the status", (datetime.now(UTC) - status.written).total_seconds()
        )
        for part, ahead in (
            ("terminal", status.terminal_ahead_seconds),
            ("endpoint", status.endpoint_ahead_seconds),
        ):
            if ahead is not None:
                yield _gauge(
                    "clock_ahead_seconds",
                    "A part's clock less this machine's",
                    ahead,
                    part=part,
                )
        yield _gauge(
            "notes", "Differences between journal and terminal, and foreign positions", len(status.notes)
        )
        if status.money is not None:
            yield _money(status.money)
        yield from _of_symbols(status.symbols)


@contextmanager
def served_metrics(port: int, newest: Callable[[], Status | None]) -> Iterator[None]:
    """Serve them on 127.0.0.1 while the block runs; SetupError where the port is taken."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(newest))
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry)
    except OSError as error:
        raise SetupError(f"metrics.port {port}: {error.strerror}. Expected a free port") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _of_symbols(symbols: Mapping[str, SymbolStatus]) -> Iterator[Metric]:
    ticks = _counter("ticks", "Ticks sent to the endpoint", "symbol")
    not_clean = _counter("not_clean_ticks", "Ticks that did not count, by rule", "symbol", "rule")
    signals = _counter("signals", "Signals heard", "symbol")
    passed = _counter("passed_over", "Signals that became no order, by reason", "symbol", "reason")
    orders = GaugeMetricFamily(
        _PREFIX + "intents", "Intents of the journal by fate", labels=["symbol", "fate"]
    )
    gauges = {
        name: GaugeMetricFamily(_PREFIX + name, text, labels=["symbol"])
        for name, text in {
            "linked": "1 while the endpoint has the symbol's stream open",
            "halted": "1 while nothing new is entered",
            "open_positions": "Positions of the bridge",
            "open_profit": "Their unrealised profit, account currency",
            "last_tick_timestamp_seconds": "Time of the newest tick",
            "round_trip_p50_seconds": "Of a tick at the endpoint, the last thousand",
            "round_trip_p99_seconds": "Of a tick at the endpoint, the last thousand",
        }.items()
    }
    for symbol, held in symbols.items():
        feed, heard = held.feed, held.signals
        ticks.add_metric([symbol], feed.ticks)
        signals.add_metric([symbol], heard.signals)
        for family, by in ((not_clean, feed.not_clean), (passed, heard.passed_over), (orders, held.orders)):
            for label, count in by.items():
                family.add_metric([symbol, label], count)
        values = {
            "linked": feed.linked,
            "halted": held.halted is not None,
            "open_positions": len(held.positions),
            "open_profit": sum(each.profit or 0.0 for each in held.positions),
            "last_tick_timestamp_seconds": None if feed.last_tick is None else feed.last_tick.timestamp(),
            "round_trip_p50_seconds": feed.p50_ms / 1e3,
            "round_trip_p99_seconds": feed.p99_ms / 1e3,
        }
        for name, value in values.items():
            if value is not None:
                gauges[name].add_metric([symbol], value)
    yield from (ticks, not_clean, signals, passed, orders, *gauges.values())


def _money(money: MoneyStatus) -> Metric:
    family = GaugeMetricFamily(_PREFIX + "money", "The terminal's own words", labels=["what", "currency"])
    for what in ("balance", "equity", "margin", "free_margin"):
        family.add_metric([what, money.currency], float(getattr(money, what)))
    return family


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(_PREFIX + name, text, labels=labels)
