from __future__ import annotations

import re

import pytest

from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.metrics import GAUGES, Gauge, exposition
from serving.endpoint.telemetry.stages import Stage
from ticklake_assets.core.quotes import RULES
from ticklake_assets.core.rule_kernel import KEPT
from ticklake_assets_tests.serving.endpoint.telemetry.counted import batch_of, signal
from ticklake_assets_tests.serving.series import series_of

ONE, OTHER = RULES[0].name, RULES[1].name


def _told(counters: Counters, *gauges: Gauge) -> dict[str, float]:
    body, media_type = exposition(counters, gauges, "")
    assert media_type.startswith("text/plain; version=")
    return series_of(body.decode())


def test_every_count_is_told_by_symbol() -> None:
    counters = Counters()
    counters.malformed = 7
    counters.connections["stream"] += 2
    for symbol, times in (("EURUSD", 1), ("USDJPY", 10)):
        codes = [KEPT] * (4096 * times) + [1] * (2 * times) + [2] * times
        abstaining = signal("none", "incomplete_day", "feed_stale")
        events = [[signal("long")], [abstaining], *([[]] * (5 * times - 2))]
        counters.of(symbol).took(batch_of(codes, events))
    told = _told(counters, Gauge("breaker_open", 1.0, ("EURUSD",)), Gauge("journal_bytes", 123.0))
    assert {
        key: value for key, value in told.items() if "_total" in key and not key.startswith("process")
    } == {
        "ticks_total status=clean symbol=EURUSD": 4096,
        "ticks_total status=quarantined symbol=EURUSD": 3,
        "ticks_total status=clean symbol=USDJPY": 40960,
        "ticks_total status=quarantined symbol=USDJPY": 30,
        f"quarantined_total rule={ONE} symbol=EURUSD": 2,
        f"quarantined_total rule={OTHER} symbol=EURUSD": 1,
        f"quarantined_total rule={ONE} symbol=USDJPY": 20,
        f"quarantined_total rule={OTHER} symbol=USDJPY": 10,
        "events_total symbol=EURUSD": 5,
        "events_total symbol=USDJPY": 50,
        "signals_total side=long symbol=EURUSD": 1,
        "signals_total side=none symbol=EURUSD": 1,
        "signals_total side=long symbol=USDJPY": 1,
        "signals_total side=none symbol=USDJPY": 1,
        "abstentions_total reason=incomplete_day symbol=EURUSD": 1,
        "abstentions_total reason=feed_stale symbol=EURUSD": 1,
        "abstentions_total reason=incomplete_day symbol=USDJPY": 1,
        "abstentions_total reason=feed_stale symbol=USDJPY": 1,
        "refused_messages_total": 7,
    }
    assert told["connections kind=stream"] == 2
    assert told["breaker_open symbol=EURUSD"] == 1
    assert told["journal_bytes"] == 123
    assert 0 <= told["feed_age_seconds symbol=EURUSD"] < 60
    assert told["process_resident_memory_bytes"] > 1e6


def test_a_stage_is_a_histogram_with_exact_counts() -> None:
    counters = Counters()
    for nanoseconds in (1_023, 1_024, 5_000_000, 2**32 - 1, 2**39):
        counters.stages[Stage.SCORE].record(nanoseconds)
    told = _told(counters)
    bucket = re.compile(r"stage_seconds_bucket le=(\S+) stage=score")
    buckets = {float(found[1]): value for key, value in told.items() if (found := bucket.fullmatch(key))}
    assert buckets[1.023e-6] == 1
    assert buckets[1.535e-6] == 2
    assert buckets[(2**23 - 1) / 1e9] == 3
    assert buckets[4.294967295] == 4
    assert buckets[float("inf")] == told["stage_seconds_count stage=score"] == 5
    assert told["stage_seconds_sum stage=score"] == pytest.approx(
        (1_023 + 1_024 + 5e6 + 2**32 - 1 + 2**39) / 1e9
    )
    assert list(buckets.values()) == sorted(buckets.values())
    assert {f"stage_seconds_count stage={stage}" for stage in Stage} <= set(told)


def test_openmetrics_is_given_to_who_asks_for_it() -> None:
    body, media_type = exposition(Counters(), [], "application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_every_gauge_is_declared_once() -> None:
    with pytest.raises(KeyError, match="no_such_gauge"):
        exposition(Counters(), [Gauge("no_such_gauge", 1.0)], "")
    with pytest.raises(ValueError, match="zip"):
        exposition(Counters(), [Gauge("drift", 1.0, ("EURUSD",))], "")
    assert {"drift", "breaker_open", "journal_bytes", "feed_age_seconds", "model_age_seconds"} <= set(GAUGES)
