"""What has to be true of a run: nothing lost, nothing twice, and every bit that of a run without a kill."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.feed.messages import read_columns
from serving.endpoint.models.store import ModelStore
from serving.endpoint.watch.breaker import BREAKER
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import JournaledDay, read_newest
from ticklake_assets.modeling.deployed.admission import open_deployment
from ticklake_assets.modeling.deployed.signing import public_key
from ticklake_assets.modeling.judging.recompute import recompute
from ticklake_assets_tests.serving.endpoint.desk import START, open_desk
from ticklake_assets_tests.serving.endpoint.long_day.market import BLOWN, BY_HAND, SWAPPED, SYMBOLS, days_of
from ticklake_assets_tests.serving.endpoint.long_day.run import Day

_Signals = list[dict[str, Any]]
_MESSAGE = 1000
_MINUTE_US = 60_000_000


def audit(day: Day, folder: Path) -> Iterator[dict[str, Any]]:
    """A line a symbol-day and one in all; AssertionError where something is lost, twice, or has other bits."""
    lines = [line for symbol in SYMBOLS for line in _audit_symbol(day, symbol, folder)]
    yield from lines
    kills = day.plan.kills
    yield {
        "symbols": len(SYMBOLS),
        "speed": day.plan.speed,
        "wall_s": round(day.wall_s, 1),
        "kills": kills,
        "ticks": sum(line["ticks"] for line in lines),
        "lost": 0,
        "twice": 0,
        "signals": sum(line["signals"] for line in lines),
        "abstained_by_breaker": sum(line["not_recomputed"].get(BREAKER, 0) for line in lines),
        "parity_share": min(line["parity_share"] for line in lines),
        "returns": {symbol: feed.connections for symbol, feed in day.feeds.items()},
    }


def _audit_symbol(day: Day, symbol: str, folder: Path) -> Iterator[dict[str, Any]]:
    root, rows, feed = day.home / "endpoint" / "journal", day.rows[symbol], day.feeds[symbol]
    journaled = {each: read_newest(root, each) for each in days_of(symbol)}
    batches = [batch for each in journaled.values() for batch in each.batches]
    numbers = [batch.first_seq + at for batch in batches for at in range(len(batch.codes))]
    assert numbers == list(range(1, len(rows) + 1)), f"{symbol}: ticks lost, twice or out of order"
    held = RawColumns.joined([batch.ticks for batch in batches])
    sent = RawColumns.joined(
        [read_columns({"rows": rows[at : at + _MESSAGE]}, ()) for at in range(0, len(rows), _MESSAGE)]
    )
    assert held.as_bytes() == sent.as_bytes(), f"{symbol}: the journal holds other ticks"
    served = [signals[0] for batch in batches for signals in batch.signals if signals]
    assert feed.acknowledged == len(rows)
    assert feed.signals == served, f"{symbol}: the feed was told other signals than the journal holds"
    _audit_reader(day, symbol, served)
    _audit_hands(day, symbol, journaled)
    if symbol != SWAPPED:
        whole = _uninterrupted(day, symbol, folder)
        if symbol == BY_HAND:
            whole, served = (list(map(_without_breaker, each)) for each in (whole, served))
        assert served == whole, f"{symbol}: other signals than those of a run without a kill"
    if symbol == BLOWN:
        _audit_blown(day, served)
    if symbol == SWAPPED:
        _audit_swaps(batches)
    for each, found in journaled.items():
        yield _audit_day(day, each, found)


def _audit_day(day: Day, each: SymbolDay, found: JournaledDay) -> dict[str, Any]:
    """One sealed, complete journal, of which everything comes out again."""
    assert len(list(found.path.parent.iterdir())) == 1, f"{each}: more than one journal"
    assert found.is_sealed, f"{each} is not sealed"
    assert found.complete, f"{each} has a gap"
    key = public_key(day.home / "keys")
    bundles = [open_deployment(data, key).bundle for data in day.models[each.symbol]]
    made = recompute(each, found, {bundle.digest: bundle for bundle in bundles}, {})
    assert made.share == 1.0, (each, made.differing, made.differences)
    return {
        "symbol": each.symbol,
        "trading_day": each.trading_day.isoformat(),
        "journals": 1,
        "sealed": True,
        "ticks": made.ticks,
        "events": made.events,
        "signals": made.signals,
        "parity_share": made.share,
        "not_recomputed": made.not_recomputed,
    }


def _audit_reader(day: Day, symbol: str, served: _Signals) -> None:
    reader = day.subscribers[symbol]
    assert reader.ids == sorted(set(reader.ids)), f"{symbol}: a signal twice or out of order"
    assert reader.signals == served, f"{symbol}: a reader has {len(reader.signals)} of {len(served)} signals"


def _audit_hands(day: Day, symbol: str, journaled: dict[SymbolDay, JournaledDay]) -> None:
    """Between the answer to `open` and the call to `close` each signal abstains; before and after none does."""
    if symbol != BY_HAND:
        return
    (open_asked, opened), (close_asked, closed) = day.hands["open"], day.hands["close"]
    counted: Counter[str] = Counter()
    for batch in (batch for each in journaled.values() for batch in each.batches):
        for signals in filter(None, batch.signals):
            is_held = BREAKER in signals[0]["abstain"]
            if opened < batch.received_us < close_asked:
                assert is_held, (symbol, signals[0])
                counted["held"] += 1
            elif not open_asked <= batch.received_us <= closed:
                assert not is_held, (symbol, signals[0])
                counted["free"] += 1
    assert min(counted["held"], counted["free"]) > 0, (counted, day.hands)


def _audit_blown(day: Day, served: _Signals) -> None:
    """The breaker opens in the first minutes of the wide spread, and closes once it was over for some."""
    blown = day.plan.blown
    within = [
        s for s in served if blown.start_us + 5 * _MINUTE_US < s["ts_us"] < blown.end_us + 4 * _MINUTE_US
    ]
    after = [s for s in served if blown.end_us < s["ts_us"] < blown.end_us + 90 * _MINUTE_US]
    assert all(BREAKER in signal["abstain"] for signal in within), "a signal while the spread was wide"
    assert any(BREAKER not in signal["abstain"] for signal in after), "the breaker never closed"


def _audit_swaps(batches: list[Any]) -> None:
    """The champion, the later one, the champion again; and a shadow from somewhere on."""
    champions = [signals[0]["bundle"] for batch in batches for signals in batch.signals if signals]
    terms = [each for at, each in enumerate(champions) if at == 0 or champions[at - 1] != each]
    assert len(terms) == 3
    assert terms[0] == terms[2] != terms[1]
    assert any(len(signals) == 2 for batch in batches for signals in batch.signals)


def _uninterrupted(day: Day, symbol: str, folder: Path) -> _Signals:
    """What an endpoint says that nobody kills, in large messages."""
    place, rows, signals = folder / "whole" / symbol, day.rows[symbol], []
    models = ModelStore(place / "models", day.home / "keys")
    models.push(day.models[symbol][0])
    with open_desk(place, models=models) as desk:
        session = LiveSession(desk, days_of(symbol)[0])
        asyncio.run(session.answer(START))
        for at in range(0, len(rows), _MESSAGE):
            told = {"type": "ticks", "seq": at + 1, "rows": rows[at : at + _MESSAGE]}
            signals += orjson.loads(asyncio.run(session.answer(orjson.dumps(told))).text)["signals"]
    return signals


def _without_breaker(signal: dict[str, Any]) -> dict[str, Any]:
    return signal | {"abstain": [reason for reason in signal["abstain"] if reason != BREAKER]}
