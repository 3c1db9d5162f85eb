"""A day as a broker's feed brings it to a real endpoint: some ticks late, some lost, one that the vendor never had."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import httpx
import numpy as np

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns, judge_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint

_BITS = (
    rule_kernel.NO_TIME,
    rule_kernel.NO_BID,
    rule_kernel.NO_ASK,
    rule_kernel.NO_BID_SIZE,
    rule_kernel.NO_ASK_SIZE,
)


@dataclass(frozen=True)
class Disorder:
    ticks: RawColumns
    late: int
    lost: int
    own: int


def disorder(day: SymbolDay, ticks: RawColumns) -> Disorder:
    """A day's ticks, the second half in disorder: 4 come 30 places late, 3 never, and 1 has a price of its own."""
    kept = np.flatnonzero(judge_day(day, ticks).codes == rule_kernel.KEPT)
    chosen = kept[len(kept) // 2 :: 60][:7]
    order = [row for row in range(len(ticks.ts_us)) if row not in chosen]
    for row in chosen[:4].tolist():
        order.insert(order.index(row + 1) + 30, row)
    moved = ticks.at(np.array(order))
    own = moved.at(slice(-40, -39))
    own = own._replace(bid=own.bid - 3e-4, ts_us=own.ts_us + 1)
    return Disorder(RawColumns.joined([moved.at(slice(-39)), own, moved.at(slice(-39, None))]), 4, 3, 1)


def rows_of(ticks: RawColumns) -> list[list[Any]]:
    """Ticks as a message's rows."""
    columns = [column.tolist() for column in ticks[:5]]
    return [
        [None if missing & bit else _wire(value) for value, bit in zip(row, _BITS, strict=True)]
        for *row, missing in zip(*columns, ticks.missing.tolist(), strict=True)
    ]


def stream(endpoint: RunningEndpoint, day: SymbolDay, ticks: RawColumns, batch: int = 500) -> None:
    """Send a whole day, as its first stream or anew."""
    rows = rows_of(ticks)
    with open_socket(endpoint, f"/v1/stream/{day.symbol}/{day.trading_day}") as socket:
        assert say(socket, {"type": "start", "complete": True, "rolls": False})["complete"]
        for at in range(0, len(rows), batch):
            answer = say(socket, {"type": "ticks", "seq": at + 1, "rows": rows[at : at + batch]})
            assert answer["type"] == "ack", answer


def seal(endpoint: RunningEndpoint, day: SymbolDay) -> httpx.Response:
    address = f"{endpoint.url}/v1/journal/{day.symbol}/{day.trading_day}/seal"
    return httpx.post(address, headers={"Authorization": f"Bearer {endpoint.token}"}, timeout=30)


def _wire(value: float) -> float | str:
    return value if isfinite(value) else str(value)
