"""What the tests of a running bridge share: half a short day, and an endpoint with a live model. They only read both.

Both need more than the bridge, which is imported where a test asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mt5_bridge.trading.words import Quote

if TYPE_CHECKING:
    from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


@pytest.fixture(scope="package")
def quotes(tmp_path_factory: pytest.TempPathFactory) -> list[Quote]:
    from ticklake_assets_tests.serving.recorded_day import record_day

    kept = record_day(tmp_path_factory.mktemp("landing"), ticks=400).quotes
    rows = zip(kept.ts_us.tolist(), kept.bid.tolist(), kept.ask.tolist(), strict=True)
    return [Quote(ts_us, n, bid, ask) for n, (ts_us, bid, ask) in enumerate(rows, start=1)][:200]


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    from ticklake_assets_tests.serving.running_endpoint import scored_endpoint

    with scored_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running
