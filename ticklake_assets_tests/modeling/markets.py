"""Synthetic markets as modeling sees them: events by day, quotes by day, and folds run from training to test.

Results are cached by their arguments: a fold is a pure function of them, and many tests look at the same one.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.folds import Fold, fold_as_ofs
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Events, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets.modeling.fitting.event_rows import joined, of_days
from ticklake_assets.modeling.fitting.packing import ValidationDays, pack
from ticklake_assets.modeling.fitting.training import Trained, train
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import ValidationReport, validate
from ticklake_assets.modeling.judging.testing import run_test
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.sources.synthetic import Market, synthetic_day

FIRST = date(2024, 1, 1)
FREE = Market(spread_pips=0.1)
"""The market of which the bid is taken for both prices: without spread and slippage costs reject nothing."""
QUICK_TRIALS = 2


class SyntheticMarket(NamedTuple):
    instrument: Instrument
    events: Events
    quotes: dict[date, Quotes]
    features: dict[date, DayFeatures]


class RunFold(NamedTuple):
    fold: Fold
    trained: Trained
    validated: ValidationReport
    bundle: Bundle
    record: FoldRecord


@cache
def keys() -> Ed25519PrivateKey:
    with tempfile.TemporaryDirectory() as folder:
        return signing_key(Path(folder))


@lru_cache(maxsize=6)
def market(
    symbol: str = "SYNEUR", seed: int = 1, strength: float = 1.0, days: int = 16, *, free: bool = False
) -> SyntheticMarket:
    """A market from `FIRST` on; `free` has neither spread nor slippage."""
    instrument = instrument_of(symbol)
    if free:
        instrument = instrument.charging(slippage_pips=0.0)
    quotes, features, events = {}, {}, []
    for day in (SymbolDay(symbol, FIRST + timedelta(days=offset)) for offset in range(days)):
        today = quotes_of_table(synthetic_day(day, seed, strength, FREE if free else None))
        today = quotes[day.trading_day] = today._replace(ask=today.bid) if free else today
        found = features[day.trading_day] = features_of_day(day, today)
        events.append(events_of(day, today, found, instrument))
    return SyntheticMarket(instrument, joined(events), quotes, features)


@lru_cache(maxsize=24)
def run_fold(
    as_of: date = FIRST + timedelta(days=12),
    symbol: str = "SYNEUR",
    seed: int = 1,
    strength: float = 1.0,
    *,
    free: bool = False,
    trials: int = QUICK_TRIALS,
) -> RunFold:
    """Train, validate, pack and test one fold of `market`."""
    return fold_of(market(symbol, seed, strength, free=free), as_of, trials)


def fold_of(held: SyntheticMarket, as_of: date, trials: int = QUICK_TRIALS) -> RunFold:
    """The same of any market in memory."""
    known, events, quotes, _ = held
    fold = Fold.before(as_of, known.windows)
    trained = train(of_days(events, fold.train, "train"), 1, Budget(trials))
    validated = validate(trained, of_days(events, fold.validate, "validate"), quotes.__getitem__, known)
    seen = validation_days(held, fold)
    data = pack(trained, validated, fold, instrument_of(known.symbol), {"version": "test"}, keys(), seen)
    bundle = replace(open_bundle(data, keys().public_key()), instrument=known)
    tested = run_test(bundle, of_days(events, fold.test, "test"), quotes.__getitem__, trained.booster_json)
    windows = bundle.manifest.windows
    record = FoldRecord(
        as_of=as_of, windows=windows, training=trained.report, validation=validated, test=tested
    )
    return RunFold(fold, trained, validated, bundle, record)


def validation_days(held: SyntheticMarket, fold: Fold) -> ValidationDays:
    """What `pack` takes golden ticks and reference from; raw ticks are the clean quotes."""
    return ValidationDays(
        of_days(held.events, fold.validate, "validate"),
        held.quotes.__getitem__,
        lambda day: zip(*(column.tolist() for column in held.quotes[day]), strict=True),
    )


def chain(
    symbol: str = "SYNEUR",
    seed: int = 1,
    strength: float = 1.0,
    *,
    free: bool = False,
    trials: int = QUICK_TRIALS,
) -> list[FoldRecord]:
    """Three folds whose test windows tile the last six days of the market."""
    as_ofs = fold_as_ofs(FIRST + timedelta(days=16), 2, 3)
    return [run_fold(as_of, symbol, seed, strength, free=free, trials=trials).record for as_of in as_ofs]


def quotes_of_table(table: pa.Table) -> Quotes:
    """A drawn day as the kernels take it."""
    ts_us = table["ts_event"].cast("int64").to_numpy()
    return Quotes(ts_us, *(table[name].to_numpy() for name in ("bid", "ask", "bid_size", "ask_size")))


def events_of(day: SymbolDay, quotes: Quotes, found: DayFeatures, instrument: Instrument) -> Events:
    count = len(found.ts_us)
    number = day.start_us // 86_400_000_000
    bid, ask = found.context[:, 0].copy(), found.context[:, 1].copy()
    labels = label_day(day, quotes, found, instrument)
    return Events(np.full(count, number), found.ts_us, bid, ask, found.features, *labels)
