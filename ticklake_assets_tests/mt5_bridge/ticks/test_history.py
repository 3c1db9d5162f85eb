from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt5_bridge.errors import ClockError, DayError, TerminalError
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.ticks.day_file import day_path, publish_day, render_day
from mt5_bridge.ticks.history import DayTicks, fetch_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import render_csv
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import (
    ASK,
    BID,
    BOTH,
    CLOCK,
    ScriptedMt5,
    Sent,
    SymbolInfo,
    at,
    every,
    history,
)

_DAY = date(2024, 1, 15)
_NOW = at("2024-12-31 12:00")
_SOME = history(every("2024-01-15", "2024-01-15 06:00", hours=1))


def _fetch(
    *ticks: Sent, day: date = _DAY, clock: BrokerClock = CLOCK, mt5: ScriptedMt5 | None = None
) -> DayTicks:
    return fetch_day(mt5 or ScriptedMt5(history(ticks, clock)), "EURUSD", day, clock, _NOW)


def _moments(day: DayTicks) -> list[datetime]:
    return [day.moment(position) for position in range(len(day.ticks))]


def test_the_brokers_clock_becomes_utc() -> None:
    mt5 = ScriptedMt5(history([Sent(at("2024-01-15 00:00:01.883"), 1.09482, 1.09489)]))
    assert mt5.ticks["time_msc"].tolist() == [int(at("2024-01-15 02:00:01.883").timestamp() * 1_000)]
    day = _fetch(mt5=mt5)
    assert render_day(day.ticks, day.digits).decode().splitlines()[1:] == [
        "2024-01-15T00:00:01.883Z,1.09482,1.09489,,"
    ]
    assert mt5.asked == (at("2024-01-14 23:00"), at("2024-01-16 05:00")), "asked by the broker's clock"


def test_the_day_is_the_utc_day() -> None:
    edges = ["2024-01-14 23:59:59.999", "2024-01-15", "2024-01-15 23:59:59.999", "2024-01-16"]
    day = _fetch(*(Sent(at(edge), 1.1, 1.2) for edge in edges))
    assert _moments(day) == [at("2024-01-15"), at("2024-01-15 23:59:59.999")]
    assert [tick.seq for tick in day.ticks] == [1, 2]
    assert day.left_out == 2


@pytest.mark.parametrize(
    ("day", "offsets"),
    [
        (date(2024, 3, 9), ["UTC+02:00"]),
        (date(2024, 3, 10), ["UTC+02:00", "UTC+03:00"]),  # the clock skips an hour at 07:00 UTC
        (date(2024, 3, 11), ["UTC+03:00"]),
        (date(2024, 3, 31), ["UTC+03:00"]),  # Europe changes, New York has
        (date(2024, 11, 2), ["UTC+03:00"]),
        (date(2024, 11, 3), ["UTC+03:00", "UTC+02:00"]),  # the clock repeats an hour at 06:00 UTC
        (date(2024, 11, 4), ["UTC+02:00"]),
    ],
)
def test_a_steady_day_comes_back_over_clock_changes(day: date, offsets: list[str]) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    around = every(str(start - timedelta(days=1))[:19], str(start + timedelta(days=2))[:19], minutes=5)
    fetched = _fetch(*around, day=day)
    assert _moments(fetched) == [start + timedelta(minutes=5 * step) for step in range(288)]
    assert [str(CLOCK.offset(fetched.moment(position))) for position in (0, -1)] in (offsets, offsets * 2)
    assert fetched.unsettled == (24 if offsets == ["UTC+03:00", "UTC+02:00"] else 0)
    assert fetched.left_out == 36 + 36, "three hours on both sides"


def test_hours_repeated_around_midnight_are_asked_in_full() -> None:
    """Troll goes from 03:00 back to 01:00 at 01:00 UTC: the UTC day begins at 02:00 and then has 01:00."""
    clock, day = BrokerClock.parse("Antarctica/Troll"), date(2024, 10, 27)
    around = every("2024-10-26", "2024-10-29", minutes=5)
    assert _moments(_fetch(*around, day=day, clock=clock)) == [
        tick.moment for tick in around if tick.moment.date() == day
    ]


def test_unchanged_sides_are_carried_also_from_before_the_day() -> None:
    day = _fetch(
        Sent(at("2024-01-14 23:30"), 1.1, 1.2),
        Sent(at("2024-01-15 00:01"), 0.0, 1.3, ASK),
        Sent(at("2024-01-15 00:02"), 1.0, 0.0, BID),
        Sent(at("2024-01-15 00:03"), 1.05, 1.25, BID),
    )
    assert [(tick.bid, tick.ask) for tick in day.ticks] == [(1.1, 1.3), (1.0, 1.3), (1.05, 1.25)]
    assert (day.carried, day.incomplete) == (2, 0)


def test_ticks_before_the_first_full_quote_are_kept_and_counted() -> None:
    day = _fetch(
        Sent(at("2024-01-15 00:01"), 0.0, 1.3, ASK),
        Sent(at("2024-01-15 00:02"), 0.0, 1.4, ASK),
        Sent(at("2024-01-15 00:03"), 1.2, 0.0, BID),
    )
    assert [(tick.bid, tick.ask) for tick in day.ticks] == [(None, 1.3), (None, 1.4), (1.2, 1.4)]
    assert (day.carried, day.incomplete) == (1, 2)


def test_a_side_that_left_is_not_carried() -> None:
    """Its flag says that it changed, to nothing."""
    day = _fetch(
        Sent(at("2024-01-15 00:01"), 1.1, 1.2),
        Sent(at("2024-01-15 00:02"), 1.1, 0.0, ASK),
        Sent(at("2024-01-15 00:03"), 1.0, 0.0, BID),
        Sent(at("2024-01-15 00:04"), 0.0, 1.3, BOTH),
        Sent(at("2024-01-15 00:05"), 0.0, 1.2, ASK),
        Sent(at("2024-01-15 00:06"), 1.0, 1.2, BOTH),
    )
    prices = [(tick.bid, tick.ask) for tick in day.ticks]
    assert prices == [(1.1, 1.2), (1.1, None), (1.0, None), (None, 1.3), (None, 1.2), (1.0, 1.2)]
    assert (day.carried, day.incomplete) == (0, 4)


def test_trades_are_no_quotes() -> None:
    last_and_volume = 8 | 16
    quotes = [Sent(at("2024-01-15 00:01"), 1.1, 1.2), Sent(at("2024-01-15 00:02"), 1.1, 1.2, last_and_volume)]
    assert len(_fetch(*quotes).ticks) == 1


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 1, 1), date.max, date.min, date(1970, 1, 1)])
def test_a_day_that_is_not_over_is_refused_before_anything_is_asked(day: date) -> None:
    mt5 = ScriptedMt5()
    with pytest.raises(DayError, match=rf"Expected a UTC day that is over: .* before 2024-12-31; was {day}"):
        _fetch(day=day, mt5=mt5)
    assert mt5.calls == []


def test_a_day_is_over_at_midnight_utc() -> None:
    mt5 = ScriptedMt5(history([Sent(at("2024-01-15"), 1.1, 1.2)]))
    with pytest.raises(DayError, match="over"):
        fetch_day(mt5, "EURUSD", _DAY, CLOCK, at("2024-01-15 23:59:59.999"))
    assert len(fetch_day(mt5, "EURUSD", _DAY, CLOCK, at("2024-01-16")).ticks) == 1


_UNKNOWN = "the broker to know the symbol 'EURUSD' (--broker-symbol gives its own name)"
_NOT_ALL = "all ticks of EURUSD from 2024-01-14 23:00 on (broker's clock)"


@pytest.mark.parametrize(
    ("mt5", "expected", "was"),
    [
        (ScriptedMt5(symbols={"EURUSD.m": SymbolInfo()}), _UNKNOWN, "-4 (Terminal: Not found)"),
        (ScriptedMt5(fails={"symbol_select": (-1, "Call failed")}), _UNKNOWN, "-1 (Call failed)"),
        (ScriptedMt5(fails={"symbol_info": (-1, "Call failed")}), _UNKNOWN, "-1 (Call failed)"),
        (ScriptedMt5(fails={"copy_ticks_range": (-2, "Invalid params")}), _NOT_ALL, "-2 (Invalid params)"),
        (ScriptedMt5(_SOME, beside=(-10005, "IPC timeout")), _NOT_ALL, "-10005 (IPC timeout)"),
    ],
)
def test_a_terminal_that_fails_is_one_line(mt5: ScriptedMt5, expected: str, was: str) -> None:
    with pytest.raises(TerminalError) as caught:
        _fetch(mt5=mt5)
    assert str(caught.value) == f"MetaTrader 5: Expected {expected}, was error {was}"


@pytest.mark.parametrize("around", [[], every("2024-01-14 23:00", "2024-01-15", minutes=5)])
def test_a_day_without_ticks_is_refused(around: list[Sent]) -> None:
    with pytest.raises(
        DayError, match=r"Expected ticks of EURUSD on 2024-01-15, was none: the market was clo"
    ):
        _fetch(*around)


class _NoColumns(ScriptedMt5):
    """Gives an empty array without columns."""

    def copy_ticks_range(
        self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /
    ) -> np.ndarray[Any, Any]:
        return np.empty(0)


def test_an_answer_without_columns_is_a_day_without_ticks() -> None:
    with pytest.raises(DayError, match="was none"):
        _fetch(mt5=_NoColumns())


def test_a_newest_quote_in_the_future_shows_a_wrong_clock() -> None:
    """A server at UTC+2, read as if it were UTC, has quotes that are still to come."""
    newest = int(CLOCK.wall(_NOW - timedelta(seconds=1)).timestamp())
    mt5 = ScriptedMt5(_SOME, {"EURUSD": SymbolInfo(5, newest)})
    assert _fetch(mt5=mt5).newest_quote == _NOW - timedelta(seconds=1)
    with pytest.raises(
        ClockError, match=r"Expected the newest quote before 12:00 UTC, was 13:59 UTC on 2024"
    ):
        _fetch(mt5=mt5, clock=BrokerClock.parse("utc"))


def test_a_symbol_without_a_newest_quote_has_none() -> None:
    assert _fetch(Sent(at("2024-01-15"), 1.1, 1.2)).newest_quote is None


_SIDES = st.sampled_from([0.0, 1.08001, 1.08002, 1.0800100000000002, 1.080015])
_STEPS = st.tuples(st.integers(0, 5_400_000), _SIDES, _SIDES).filter(lambda step: any(step[1:]))


@given(
    st.lists(_STEPS, min_size=1, max_size=60),
    st.sampled_from([_DAY, date(2024, 3, 10), date(2024, 7, 15)]),
    st.sampled_from([MOST_BROKERS, "Europe/Athens", "utc"]),
)
def test_the_terminals_own_export_lands_as_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, float, float]], day: date, zone: str
) -> None:
    """The other way from MetaTrader 5: its CSV export through the folder source."""
    clock, tmp_path = BrokerClock.parse(zone), tmp_path_factory.mktemp("export")
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    sent = [Sent(moment, 1.0, 1.1)]
    for step, bid, ask in steps:
        moment += timedelta(milliseconds=step)
        sent.append(Sent(moment, bid, ask, BID * (bid > 0) | ASK * (ask > 0)))
    (tmp_path / "EURUSD_export.csv").write_text(_exported(sent, clock))
    symbol_day = SymbolDay("EURUSD", day)
    source = FolderSource(tmp_path, zone="" if zone == MOST_BROKERS else str(clock.zone))
    landed = render_csv(source.fetch_day(symbol_day), instrument_of("EURUSD"))
    fetched = _fetch(*sent, day=day, clock=clock)
    assert render_day(fetched.ticks, 5) == landed


def _exported(sent: list[Sent], clock: BrokerClock) -> str:
    lines = ["<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>"]
    for tick in sent:
        wall = clock.wall(tick.moment)
        prices = "\t".join(str(side or "") for side in (tick.bid, tick.ask))
        lines.append(
            f"{wall:%Y.%m.%d}\t{wall:%H:%M:%S}.{wall.microsecond // 1000:03}\t{prices}\t\t\t{tick.flags}"
        )
    return "\n".join(lines) + "\n"


def test_the_file_lands_as_it_is(tmp_path: Path) -> None:
    """`ticklake land --ticks` reads what was written and renders the same bytes."""
    day = _fetch(*every("2024-01-14 20:00", "2024-01-16 04:00", seconds=30))
    path = day_path(tmp_path, "EURUSD", _DAY)
    publish_day(path, render_day(day.ticks, day.digits))
    table = FolderSource(tmp_path).fetch_day(SymbolDay("EURUSD", _DAY))
    assert table.num_rows == 2 * 60 * 24
    assert render_csv(table, instrument_of("EURUSD")) == path.read_bytes()
