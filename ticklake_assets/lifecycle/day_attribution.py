"""A day that a bridge traded against what `model/tested` makes of it: lake, journal and the bridge's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from mt5_bridge.attribution.documents import BridgeDay, Quotes, TestedDay, Wanted, record_name
from mt5_bridge.attribution.waterfall import Attribution, explain
from mt5_bridge.attribution.worlds import Day
from mt5_bridge.errors import AttributionError
from ticklake_assets.core import rule_kernel
from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.journal.reading import read_day
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.lifecycle.conversion import rates_by_day
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.judging.tested_day import day_as_tested, decisions_on
from ticklake_assets.modeling.report.attribution import attribution_html
from ticklake_assets.research.judgements import read_fold
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.models.bundles import get_bundle
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.sealed_journals import read_sealed_journal


class Explained(NamedTuple):
    """An attribution, and where it lies."""

    attribution: Attribution
    uri: str
    """Of the page; beside it the same as `.json`."""


@dataclass(frozen=True)
class DayAttribution:
    """`records` is the folder of the bridge's records; None where none is set."""

    lake: Lake
    gold: Gold
    signing: Signing
    records: Path | None = None

    def of(self, day: SymbolDay) -> Explained:
        """Explain the day, and keep it under `attribution/SYMBOL/`.

        Raises:
            MissingDataError: the bridge's record, the day's journal, a bundle or the lake's day is not there.
            DataError: they do not belong together.
        """
        real = self._record(day)
        whole = WholeDay.of(read_day(day, read_sealed_journal(self.lake.store, day), journal_key(day)))
        signals = _answered(whole)
        served = tuple(wanted for each in signals if (wanted := Wanted.of_served(each)) is not None)
        tested = self._tested_as_served(day, signals)
        try:
            found = explain(Day(tested, served, _kept(whole), real))
        except AttributionError as error:
            raise DataError(f"{day}: {error}") from error
        stem = f"attribution/{day.symbol}/{day.trading_day}"
        self.lake.store.put(f"{stem}.json", (found.model_dump_json(indent=1) + "\n").encode())
        self.lake.store.put(f"{stem}.html", attribution_html(found).encode())
        return Explained(found, self.lake.store.uri(f"{stem}.html"))

    def tested(self, day: SymbolDay, digest: str) -> TestedDay:
        """A bundle on a day of the lake, as its test would have it."""
        bundle = self._bundle(day.symbol, digest)
        return self._simulated(day, decisions_on(bundle, self._events(day)), bundle)

    def tested_by(self, as_of: SymbolDay) -> list[TestedDay]:
        """The tested days of an as-of day; DataError where the lake makes other trades of one today."""
        test = read_fold(ModelFiles(self.lake.store), as_of, self.signing.public).test
        found = []
        for told in test.days:
            day = SymbolDay(test.symbol, told.day)
            made = self.tested(day, test.bundle)
            was, now = ([each.signal_us for each in trades] for trades in (told.trades, made.trades))
            if was != now or told.money.net != made.net_money:
                raise DataError(
                    f"{day} was tested otherwise. Expected {len(was)} trades and {told.money.net!r} "
                    f"{made.terms.currency}, was {len(now)} and {made.net_money!r}: the lake's day was corrected since"
                )
            found.append(made)
        return found

    def _record(self, day: SymbolDay) -> BridgeDay:
        name = record_name(day.symbol, day.trading_day)
        how = f"`ticklake-bridge day {day.symbol} {day.trading_day} --json {name}` writes it"
        if self.records is None:
            raise MissingDataError(
                f"{day}: Expected the folder of the bridge's records, was none: set TICKLAKE_BRIDGE_RECORDS; {how}"
            )
        try:
            return BridgeDay.model_validate_json((self.records / name).read_bytes())
        except FileNotFoundError:
            raise MissingDataError(
                f"{day}: Expected the bridge's record {self.records / name}, was no such file: {how}"
            ) from None
        except (OSError, ValidationError) as error:
            raise DataError(
                f"{self.records / name}: Expected a bridge's record of a day, was: {error}"
            ) from error

    def _tested_as_served(self, day: SymbolDay, signals: Sequence[dict[str, Any]]) -> TestedDay:
        """Each event decided by the model that was in service then: the last one that had answered."""
        if not signals:
            raise MissingDataError(f"{day}: Expected signals in the endpoint's journal, was none")
        events = self._events(day)
        times = [each["ts_us"] for each in signals]
        bundles = {
            digest: self._bundle(day.symbol, digest)
            for digest in dict.fromkeys(each["bundle"] for each in signals)
        }
        by_bundle = {digest: decisions_on(bundle, events) for digest, bundle in bundles.items()}
        decisions = list[Decision]()
        for at, ts_us in enumerate(events.ts_us.tolist()):
            answered = max(int(np.searchsorted(times, ts_us, "right")) - 1, 0)
            decisions.append(by_bundle[signals[answered]["bundle"]][at])
        costs = {bundle.instrument.costs.version for bundle in bundles.values()}
        if len(costs) > 1:
            raise DataError(
                f"{day}: Expected models judged at the same costs, was {', '.join(sorted(costs))}"
            )
        return self._simulated(day, decisions, *bundles.values())

    def _simulated(self, day: SymbolDay, decisions: Sequence[Decision], *bundles: Bundle) -> TestedDay:
        instrument = bundles[0].instrument
        quotes = quotes_of(self.lake.clean.read(day))
        digests = ", ".join(each.digest for each in bundles)
        rates = rates_by_day(self.lake, instrument)
        return day_as_tested(day, decisions, quotes, instrument, digests, rates)

    def _events(self, day: SymbolDay) -> DayFeatures:
        return day_features(self.gold.tables.scan("features", day.symbol, [day.trading_day]))

    def _bundle(self, symbol: str, digest: str) -> Bundle:
        return open_bundle(get_bundle(self.lake.store, symbol, digest), self.signing.public)


def _answered(whole: WholeDay) -> list[dict[str, Any]]:
    """Of each event the champion's signal, which alone was answered."""
    return [signals[0] for signals in whole.signals if signals]


def _kept(whole: WholeDay) -> Quotes:
    kept = np.flatnonzero(whole.codes == rule_kernel.KEPT)
    ticks = whole.ticks.at(kept)
    return Quotes(ticks.ts_us.tolist(), ticks.bid.tolist(), ticks.ask.tolist())
