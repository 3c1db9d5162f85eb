"""A fold from training to test by stage, the simulator beside interpreted Python, and one event's scoring.

`python -m bench.simulation` prints the rows. The market is synthetic: 8 + 2 + 2 days of 30,000 quotes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ticklake_assets.core.folds import Fold
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import NO_ENTRY, NOWHERE, walk
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.deployed.decision import Decision, decide, market_events
from ticklake_assets.modeling.deployed.onnx_scoring import as_model_input
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.packing import pack
from ticklake_assets.modeling.fitting.pattern import load_booster
from ticklake_assets.modeling.fitting.training import Trained, train
from ticklake_assets.modeling.fitting.validation import validate
from ticklake_assets.modeling.judging.testing import run_test
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets_tests.modeling.markets import FIRST, SyntheticMarket, market, validation_days

KNOWN = instrument_of("SYNEUR")
FOLD = Fold.before(FIRST + timedelta(days=12), KNOWN.windows)
SINGLE_ROWS = 500


def run() -> list[dict[str, object]]:
    """Seconds a stage, quotes a second of the simulator, microseconds of one event."""
    held = market(KNOWN.symbol, days=len(FOLD.days))
    _, events, quotes, _ = held
    rows, trained, bundle = _fold(held)
    return [*rows, *_simulator(bundle, events, quotes), *_single_event(bundle, trained, events)]


def _fold(held: SyntheticMarket) -> tuple[list[dict[str, object]], Trained, Bundle]:
    """The second pass counts: the first one loads libraries and compiled code."""
    _, events, quotes, _ = held
    rows: list[dict[str, object]] = []
    for _ in range(2):
        marks = [time.perf_counter()]
        trained = train(of_days(events, FOLD.train, "train"), seed=1)
        marks.append(time.perf_counter())
        report = validate(trained, of_days(events, FOLD.validate, "v"), quotes.__getitem__, KNOWN)
        marks.append(time.perf_counter())
        with tempfile.TemporaryDirectory() as folder:
            key = signing_key(Path(folder))
        packed = pack(trained, report, FOLD, KNOWN, {}, key, validation_days(held, FOLD))
        bundle = open_bundle(packed, key.public_key())
        marks.append(time.perf_counter())
        run_test(bundle, of_days(events, FOLD.test, "t"), quotes.__getitem__, trained.booster_json)
        marks.append(time.perf_counter())
        stages = ("train, 8 trials x 3 blocks", "validate, 7 thresholds", "pack and open", "test")
        rows = [
            {"what": f"fold: {stage}", "seconds": round(float(spent), 3)}
            for stage, spent in zip(stages, np.diff(marks), strict=True)
        ]
    return rows, trained, bundle


def _simulator(bundle: Bundle, events: Events, quotes: dict[date, Quotes]) -> list[dict[str, object]]:
    """Act on every event of a test day; the plain version walks the same orders without compiled code."""
    day = SymbolDay(KNOWN.symbol, FOLD.test[0])
    today = of_days(events, FOLD.test[:1], "t")
    willing = bundle.thresholds._replace(act=0.0, anomaly=float("inf"))
    predictions = bundle.scorer().score_rows(today.features)
    decisions = [
        decide(*pair, willing, KNOWN) for pair in zip(market_events(today), predictions, strict=True)
    ]
    held = quotes[day.trading_day]
    trades = simulate_day(day, held, decisions, KNOWN).trades
    assert [(trade.entry_us, trade.exit_us) for trade in trades] == _plain(day, held, decisions)
    compiled = _best(lambda: simulate_day(day, held, decisions, KNOWN))
    plain = _best(lambda: _plain(day, held, decisions), 1)
    return [
        {"what": f"simulator, {len(trades)} trades", "quotes/s": round(len(held.ts_us) / compiled)},
        {"what": "simulator, interpreted", "quotes/s": round(len(held.ts_us) / plain)},
    ]


def _plain(day: SymbolDay, quotes: Quotes, decisions: list[Decision]) -> list[tuple[int, int]]:
    """Entry and exit times by the interpreted walk."""
    ts, day_end, free, found = quotes.ts_us, day_end_us(day, KNOWN), 0, []
    for each in decisions:
        if not each.is_order or (start := int(np.searchsorted(ts, each.ts_us))) < free:
            continue
        order = (each.side, each.earliest_entry_us, each.stop, each.target, each.horizon_end_us, day_end)
        outcome, entry, leave = walk.py_func(ts, quotes.bid, quotes.ask, start, *order)
        expired = int(np.searchsorted(ts, min(each.horizon_end_us, day_end)))
        free = expired if leave == NOWHERE else leave
        if outcome != NO_ENTRY:
            found.append((int(ts[entry]), int(ts[leave])))
    return found


def _single_event(bundle: Bundle, trained: Trained, events: Events) -> list[dict[str, object]]:
    """One event as the endpoint meets it, beside XGBoost asked row by row."""
    scorer, booster = bundle.scorer(), load_booster(trained.booster_json)
    booster.set_param({"nthread": 1})
    rows, asked = events.features[:SINGLE_ROWS], market_events(events)[:SINGLE_ROWS]
    inputs = [as_model_input(row.reshape(1, -1)) for row in rows]
    prediction = scorer.score(rows[0])._replace(p_long=0.9)
    parts: dict[str, Callable[[], object]] = {
        "score: ONNX, calibration, anomaly, feed": lambda: [scorer.score(row) for row in rows],
        "of that, the anomaly model": lambda: [scorer.anomaly.score(row) for row in rows],
        "decide, with stop and target": lambda: [
            decide(event, prediction, bundle.thresholds, KNOWN) for event in asked
        ],
        "XGBoost inplace_predict instead of ONNX": lambda: [booster.inplace_predict(row) for row in inputs],
    }
    return [
        {"what": f"one event: {name}", "us": round(_best(work, 3) / SINGLE_ROWS * 1e6, 1)}
        for name, work in parts.items()
    ]


def _best(work: Callable[[], object], repeats: int = 7) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    for line in run():
        print(line)
