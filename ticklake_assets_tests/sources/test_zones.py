from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import SetupError
from ticklake_assets.sources.zones import to_utc, zone

_EET = "Europe/Athens"


def _wall(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def _utc(name: str, *walls: str) -> list[str]:
    converted = to_utc(np.array([_wall(wall) for wall in walls]), zone(name)).ts_us
    return [datetime.fromtimestamp(us / 1e6, UTC).strftime("%m-%d %H:%M:%S") for us in converted]


def test_summer_and_winter_have_their_offsets() -> None:
    assert _utc(_EET, "2019-02-04 00:00:00", "2019-07-04 00:00:00") == ["02-03 22:00:00", "07-03 21:00:00"]


def test_the_hour_that_occurs_twice_is_settled_by_order() -> None:
    # 2019-10-27: at 04:00 the clock goes back to 03:00, which is 01:00 UTC.
    walls = ["02:59:59", "03:10:00", "03:50:00", "03:49:59", "03:00:01", "03:50:00", "04:00:00"]
    assert _utc(_EET, *(f"2019-10-27 {wall}" for wall in walls)) == [
        "10-26 23:59:59",
        "10-27 00:10:00",
        "10-27 00:50:00",
        "10-27 00:49:59",  # late by a second, not a clock change
        "10-27 01:00:01",
        "10-27 01:50:00",
        "10-27 02:00:00",
    ]


def test_each_years_change_is_settled_by_itself() -> None:
    walls = ["2018-10-28 03:50:00", "2018-10-28 03:05:00", "2019-10-27 03:50:00", "2019-10-27 03:05:00"]
    converted = to_utc(np.array([_wall(wall) for wall in walls]), zone(_EET))
    assert converted.ambiguous_rows == 4
    assert (np.diff(converted.ts_us) > 0).all()


def test_the_hour_that_does_not_occur_is_read_with_the_offset_before() -> None:
    # 2019-03-31: at 03:00 the clock goes to 04:00, which is 01:00 UTC.
    walls = np.array([_wall(f"2019-03-31 {wall}") for wall in ("02:59:59", "03:30:00", "04:00:00")])
    converted = to_utc(walls, zone(_EET))
    assert converted.nonexistent_rows == 1
    assert (converted.ts_us - _wall("2019-03-31 00:00:00")).tolist() == [
        3_599_000_000,
        5_400_000_000,
        3_600_000_000,
    ]


@given(
    st.lists(st.integers(_wall("2010-01-01"), _wall("2030-01-01")), min_size=1),
    st.sampled_from([_EET, "America/New_York"]),
)
def test_it_agrees_with_the_standard_library(walls: list[int], name: str) -> None:
    converted = to_utc(np.array(walls), zone(name))
    if converted.ambiguous_rows == 0:
        assert converted.ts_us.tolist() == [_slow_utc(wall, name) for wall in walls]


def _slow_utc(wall_us: int, name: str) -> int:
    naive = datetime.fromtimestamp(wall_us // 1_000_000, UTC).replace(tzinfo=zone(name))
    offset = naive.utcoffset()
    assert offset is not None
    return wall_us - round(offset.total_seconds()) * 1_000_000


def test_no_rows_need_no_zone() -> None:
    assert len(to_utc(np.empty(0, dtype=np.int64), zone(_EET)).ts_us) == 0


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "America"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(SetupError, match="Expected a time zone like Europe/Athens"):
        zone(name)
