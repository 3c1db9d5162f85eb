from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.live_cleaner import RawTick, clean_day_live
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.modeling.judging.parity import compare
from ticklake_assets.sources.synthetic import SyntheticSource

DAY = SymbolDay("SYNEUR", date(2024, 1, 3))


def raw_ticks(*, dirty: bool) -> list[RawTick]:
    """The raw day in the order of (`ts_event`, `source_row`), as the endpoint's feed has it."""
    table = SyntheticSource(seed=1, strength=1.0, dirty=dirty).fetch_day(DAY)
    times = table["ts_event"].cast("int64").to_pylist()
    columns = [table[name].to_pylist() for name in ("bid", "ask", "bid_size", "ask_size")]
    rows = list(zip(times, *columns, strict=True))
    return sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))


def gold(ticks: list[RawTick]) -> DayFeatures:
    return features_of_day(DAY, clean_day_live(DAY, ticks))


@pytest.mark.parametrize("dirty", [False, True])
def test_ticks_one_by_one_give_golds_bits(dirty: bool) -> None:  # noqa: FBT001 - a test's parameter
    ticks = raw_ticks(dirty=dirty)
    kept = gold(ticks)
    parity = compare(replay_day(DAY, ticks), kept.ts_us, kept.features)
    assert parity.rows == parity.identical == len(kept.ts_us) > 300
    assert parity.share == 1.0
    assert parity.first_difference is None


def test_one_other_bit_is_found_and_named() -> None:
    live = replay_day(DAY, raw_ticks(dirty=False))
    features = live.features.copy()
    features[7, 3] = np.nextafter(features[7, 3], np.inf)
    parity = compare(live, live.ts_us, features)
    assert parity.identical == parity.rows - 1
    assert parity.first_difference == f"ts_us {live.ts_us[7]}: feature imbalance_30s has other bits"
    assert parity.share is not None
    assert parity.share < 1


def test_events_of_one_side_alone_count_as_different() -> None:
    live = replay_day(DAY, raw_ticks(dirty=False))
    parity = compare(live, live.ts_us[1:], live.features[1:])
    assert (parity.rows, parity.identical) == (len(live.ts_us), len(live.ts_us) - 1)
    assert parity.first_difference == f"ts_us {live.ts_us[0]}: an event that only live has"
    other = compare(
        DayFeatures(live.ts_us[1:], live.context[1:], live.features[1:]), live.ts_us, live.features
    )
    assert other.first_difference == f"ts_us {live.ts_us[0]}: an event that only gold has"


def test_a_day_without_events_has_no_share() -> None:
    empty = replay_day(DAY, [])
    assert compare(empty, empty.ts_us, empty.features).share is None
