"""The account's currency for the quote currency, by the clean quotes of another symbol on the same day."""

from __future__ import annotations

from datetime import date

from ticklake_assets.core.instruments import INSTRUMENTS, Instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.judging.money import QuoteRate, RateOf
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.partitions.tick_rows import quotes_of


def rates_by_day(lake: Lake, instrument: Instrument) -> RateOf:
    """The mid price of the day's last quote of the symbol between the two currencies, where the lake has that day."""
    account, quote = instrument.costs.account.currency, instrument.quote
    between = [symbol for symbol in (quote + account, account + quote) if symbol in INSTRUMENTS]

    def rate_of(day: date) -> QuoteRate | None:
        for symbol in between:
            manifest = lake.clean.manifest(SymbolDay(symbol, day))
            if manifest is None or manifest.rows == 0:
                continue
            quotes = quotes_of(lake.clean.rows_of(manifest.files))
            mid = float(quotes.bid[-1] + quotes.ask[-1]) / 2
            return QuoteRate(mid if symbol.startswith(quote) else 1 / mid, f"clean quotes of {symbol}")
        return None

    return rate_of
