from __future__ import annotations

import asyncio
import io
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def test_features_that_were_served_are_the_batchs_bits(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    """Law 4 through the real endpoint: the raw day in time order against the kernel over the clean day."""
    recorded = record_day(tmp_path, SymbolDay("EURGBP", date(2024, 1, 17)))  # of which no other test tells
    path = f"/v1/served/{recorded.day.symbol}/{recorded.day.trading_day}"

    async def talk(*, start: bool) -> None:
        async with endpoint.client.stream(
            recorded.day.symbol, recorded.day.trading_day.isoformat()
        ) as stream:
            if start:
                await stream.start()
            for tick in recorded.ticks[0 if start else 100 :]:
                await stream.ask(tick)

    asyncio.run(talk(start=False))
    assert endpoint.get(path).headers["x-ticklake-complete"] == "false"
    asyncio.run(talk(start=True))
    response, batch = endpoint.get(path), recorded.features
    matrix = np.load(io.BytesIO(response.content), allow_pickle=False)
    assert response.headers["x-ticklake-complete"] == "true"
    assert (matrix.dtype, matrix.shape) == (np.float64, (len(batch.ts_us), 1 + batch.features.shape[1]))
    assert matrix[:, 0].tolist() == batch.ts_us.tolist()
    assert np.ascontiguousarray(matrix[:, 1:]).tobytes() == batch.features.tobytes()


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("SYNEUR/2001-01-01", "Nothing was served for SYNEUR|2001-01-01"),
        ("SYNEUR/yesterday", "No symbol-day SYNEUR|yesterday"),
        ("ABCDEF/2001-01-01", "Symbol 'ABCDEF' has no metadata"),
    ],
)
def test_what_was_never_served_is_said(endpoint: RunningEndpoint, address: str, complaint: str) -> None:
    response = endpoint.get(f"/v1/served/{address}")
    assert response.status_code == 404
    assert complaint in response.json()["error"]
