from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.day_notes import _ZONES, notes_of
from ticklake_assets_tests.sources.builders import make_ticks

_HOUR_US = 3_600_000_000
_PRICES = {"XAUUSD": (1_900.0, 1_900.3), "BTCUSD": (25_000.0, 25_001.0)}
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2024, 1, day) for day in (12, 13, 14, 15))


def notes(day: date, hours: list[float], symbol: str = "EURUSD") -> list[str]:
    """Of a day with a tick at each of these hours."""
    held = SymbolDay(symbol, day)
    times = [held.start_us + round(hour * _HOUR_US) for hour in hours]
    bid, ask = _PRICES.get(symbol, (1.1, 1.2))
    return notes_of(held, make_ticks([*times, None], [bid] * (len(hours) + 1), [ask] * (len(hours) + 1)))


def every(first: float, last: float, step: float = 0.5) -> list[float]:
    return [first + step * number for number in range(round((last - first) / step))]


@pytest.mark.parametrize(
    ("day", "first", "last"), [(MONDAY, 0, 24), (FRIDAY, 0, 22), (SUNDAY, 22, 24)], ids=["Mon", "Fri", "Sun"]
)
def test_a_usual_day_has_none(day: date, first: float, last: float) -> None:
    assert notes(day, every(first, last)) == []


def test_silent_hours_inside_the_session_are_named() -> None:
    assert notes(MONDAY, [hour for hour in every(0, 24) if int(hour) not in {10, 11}]) == [
        "EURUSD|2024-01-15 has no tick in 10h, 11h UTC, inside its session"
    ]
    assert notes(FRIDAY, every(0, 21)) == ["EURUSD|2024-01-12 has no tick in 21h UTC, inside its session"]


def test_an_empty_day_says_that_it_counts_as_closed() -> None:
    said = "EURUSD|2024-01-15 has no tick and counts as closed, although its calendar says that it is open"
    assert notes(MONDAY, []) == [said]
    assert notes(SATURDAY, []) == []
    assert notes(date(2024, 3, 29), []) == []  # Good Friday
    assert notes(date(2024, 12, 25), []) == []
    assert notes(SATURDAY, [], "BTCUSD") != []


def test_a_tick_on_a_saturday_is_outside() -> None:
    assert notes(SATURDAY, [12]) == [
        (
            "1 of 1 quotes of EURUSD|2024-01-13 are outside its session (closed all day UTC): "
            "they begin at 12:00:00 and end at 12:00:00"
        )
    ]
    assert notes(SATURDAY, every(0, 24), "BTCUSD") == []


@pytest.mark.parametrize("behind", [1, 2, 5])
def test_a_clock_of_another_zone_is_recognised_on_a_sunday(behind: int) -> None:
    """The file says 17:00 where UTC is 22:00: the week begins five hours too early."""
    found = notes(SUNDAY, every(22 - behind, 24))
    assert found[-1].endswith(f"They would fit were the file's clock that of zone Etc/GMT+{behind}")
    assert f"they begin at {22 - behind}:00:00 and end at 23:30:00" in found[-1]


def test_every_zone_that_can_be_named_exists() -> None:
    """Etc/GMT-14 is fourteen hours ahead; none is more than twelve behind."""
    assert all(ZoneInfo(f"Etc/GMT{behind:+d}") for behind in _ZONES)
    assert len(_ZONES) == 27


def test_some_minutes_before_the_opening_are_counted_and_no_other_zone() -> None:
    (note,) = notes(SUNDAY, [21.99, *every(22, 24, 0.01)])
    assert note.startswith(
        "1 of 201 quotes of EURUSD|2024-01-14 are outside its session (22:00 to 24:00 UTC)"
    )
    assert "zone" not in note


def test_the_break_and_the_early_close_of_metals_are_no_silence() -> None:
    assert notes(MONDAY, every(0, 22) + every(23, 24), "XAUUSD") == []
    assert notes(date(2024, 11, 29), every(0, 18.75), "XAUUSD") == []  # the day after Thanksgiving
    assert notes(date(2024, 3, 29), [], "XAUUSD") == []  # Good Friday
    assert notes(MONDAY, every(0, 18) + every(23, 24), "XAUUSD") == []  # Martin Luther King's day
    assert notes(date(2024, 1, 16), every(0, 18) + every(23, 24), "XAUUSD") == [
        "XAUUSD|2024-01-16 has no tick in 18h, 19h, 20h, 21h UTC, inside its session"
    ]
    assert (
        "outside its session (00:00 to 22:00 and 23:00 to 24:00 UTC)"
        in notes(MONDAY, every(0, 24), "XAUUSD")[0]
    )


def test_the_holiday_of_currencies_is_no_silence_and_another_hour_of_that_day_is() -> None:
    christmas = date(2024, 12, 25)
    assert notes(christmas, every(0, 8) + every(22, 24)) == []
    assert notes(christmas, every(0, 7) + every(22, 24)) == [
        "EURUSD|2024-12-25 has no tick in 07h UTC, inside its session"
    ]


def test_prices_outside_the_range_of_an_instrument_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a feed's integers were divided by another factor."""
    own = tmp_path / "mine.toml"
    own.write_text(
        '[EURUSD]\nkind = "fx"\ncalendar = "fx"\ndigits = 5\npip = 1e-4\nmin_open_ticks = 1\n'
        "windows = { train_days = 10, validate_days = 3, test_days = 3 }\nprice_range = [1.15, 2]\n"
    )
    monkeypatch.setenv("TICKLAKE_INSTRUMENTS", str(own))
    said = "49 of 49 bids of EURUSD|2024-01-15 are outside its price range (1.15 to 2): the first is 1.1"
    assert notes(MONDAY, every(0, 24)) == [said]


@pytest.mark.parametrize("symbol", [name for name in INSTRUMENTS if name[:3] != "SYN"])
def test_a_wrong_scale_is_seen_of_every_traded_symbol_that_comes_along(symbol: str) -> None:
    low, high = INSTRUMENTS[symbol].price_range or (0.0, 0.0)
    assert 0 < low < high
    day = SymbolDay(symbol, MONDAY)
    for price in (low / 2, high * 2):
        [said] = [
            note
            for note in notes_of(day, make_ticks([day.start_us], [price], [price]))
            if "price range" in note
        ]
        assert said.startswith(f"1 of 1 bids of {symbol}|2024-01-15 are outside its price range")
