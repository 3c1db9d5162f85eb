from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.source import refuse_unfinished

_MIDNIGHT = datetime(2024, 1, 16, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _day(number: int) -> SymbolDay:
    return SymbolDay("SYNEUR", date(2024, 1, number))


@pytest.mark.parametrize("settled_after", [timedelta(0), timedelta(hours=1)])
def test_a_day_is_finished_when_it_has_ended_and_settled(settled_after: timedelta) -> None:
    refuse_unfinished(_day(15), _MIDNIGHT + settled_after, settled_after)
    with pytest.raises(MissingDataError, match=r"SYNEUR\|2024-01-15 is not finished"):
        refuse_unfinished(_day(15), _MIDNIGHT + settled_after - _SECOND, settled_after)


def test_the_day_is_the_utc_day_of_the_clock() -> None:
    tokyo = datetime(2024, 1, 16, 8, tzinfo=timezone(timedelta(hours=9)))
    with pytest.raises(MissingDataError, match=r"Expected a day before 2024-01-15 at .*, was 2024-01-15"):
        refuse_unfinished(_day(15), tokyo)


def test_the_last_day_of_the_calendar_is_refused_like_any_other() -> None:
    with pytest.raises(MissingDataError, match="is not finished"):
        refuse_unfinished(SymbolDay("SYNEUR", date.max), _MIDNIGHT)
