"""What the tests of a running bridge share: a short day, and an endpoint with a live model. They only read both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint


@pytest.fixture(scope="package")
def quotes(tmp_path_factory: pytest.TempPathFactory) -> list[Quote]:
    kept = record_day(tmp_path_factory.mktemp("landing"), ticks=400).quotes
    rows = zip(kept.ts_us.tolist(), kept.bid.tolist(), kept.ask.tolist(), strict=True)
    return [Quote(ts_us, n, bid, ask) for n, (ts_us, bid, ask) in enumerate(rows, start=1)]


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running
