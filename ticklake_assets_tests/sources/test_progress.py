from __future__ import annotations

import io
from datetime import date

from rich.console import Console

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dukascopy import HourFetched
from ticklake_assets.sources.progress import DownloadBar
from ticklake_assets.sources.symbol_hour import hours_to_ask


def test_the_bar_shows_hours_ticks_bytes_and_time_left() -> None:
    days = [SymbolDay("GBPJPY", date(2012, 12, day)) for day in (1, 2, 3)]
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with DownloadBar(days, console) as bar:
        for hour in hours_to_ask(days[1]):
            bar(HourFetched(hour, 3, 1_000, 5_000, is_cached=False))
        bar(HourFetched(hours_to_ask(days[2])[0], 24, 7, 9_999, is_cached=True))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "GBPJPY 2012-12-03" in shown
    assert "4/27" in shown
    assert "3,007 ticks" in shown
    assert "15.0 kB" in shown  # what was there already was not downloaded
    assert ":" in shown.rsplit("kB", 1)[1]
