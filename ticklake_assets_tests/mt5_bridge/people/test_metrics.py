"""What Prometheus reads of a bridge."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mt5_bridge.errors import SetupError
from mt5_bridge.people.metrics import served_metrics
from mt5_bridge.running.status import Status
from ticklake_assets_tests.mt5_bridge.people.statuses import make_status


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def scraped(status: Status | None) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    port = free_port()
    with served_metrics(port, lambda: status):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
    return {
        (sample.name.removeprefix("ticklake_bridge_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_newest_status_is_served() -> None:
    found = scraped(make_status())
    eur, gbp = ("symbol", "EURUSD"), ("symbol", "GBPJPY")
    assert found["up", ()] == found["terminal_connected", ()] == found["mode", (("mode", "demo"),)] == 1
    assert found["money", (("currency", "EUR"), ("what", "equity"))] == 9987.5
    assert found["clock_ahead_seconds", (("part", "terminal"),)] == -0.2
    assert ("clock_ahead_seconds", (("part", "endpoint"),)) not in found
    assert found["ticks_total", (eur,)] == 1234
    assert found["passed_over_total", (("reason", "signal_old"), eur)] == 1
    assert found["not_clean_ticks_total", (("rule", "late"), eur)] == 1
    assert found["intents", (("fate", "closed"), eur)] == 2
    assert found["open_positions", (eur,)] == 1
    assert found["open_profit", (eur,)] == -12.5
    assert found["round_trip_p99_seconds", (eur,)] == 0.0025
    assert (found["halted", (eur,)], found["halted", (gbp,)]) == (0, 1)
    assert ("last_tick_timestamp_seconds", (gbp,)) not in found
    assert found["notes", ()] == 1


def test_who_does_not_trade_is_not_up() -> None:
    assert scraped(make_status(state="killed", why="news"))["up", ()] == 0


def test_an_old_status_shows_its_age() -> None:
    old = make_status(written=datetime.now(UTC) - timedelta(minutes=5))
    assert scraped(old)["heartbeat_seconds", ()] == pytest.approx(300, abs=30)


def test_before_the_first_heartbeat_there_is_nothing() -> None:
    assert scraped(None) == {}


def test_a_taken_port_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(SetupError, match=r"metrics.port \d+: .*Expected a free port"),
            served_metrics(taken.getsockname()[1], lambda: None),
        ):
            pass
