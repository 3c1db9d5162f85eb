from __future__ import annotations

from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from serving.endpoint.models.model import Model
from serving.endpoint.models.store import ModelStore
from serving.endpoint.watch.breaker import BREAKER
from serving.endpoint.watch.hands import Hands
from serving.endpoint.watch.watch import MINUTE_US, Watch, WatchState
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import MarketEvent, Prediction
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.watch.watched_day import DAY, REPLAYED_AT_US, drive, quotes_of


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    home = tmp_path_factory.mktemp("home")
    return ModelStore(home / "models", home / "keys").push(make_deployment(home / "keys", DAY.symbol))


def watch_of(model: Model | None, folder: Path, before: WatchState | None = None) -> Watch:
    return Watch(DAY, lambda: model, Hands(folder / "breaker.json"), before)


def without_gaps(quotes: Quotes) -> Quotes:
    """The same prices, 15 seconds apart."""
    return quotes._replace(ts_us=DAY.start_us + 15_000_000 * np.arange(len(quotes.ts_us)))


def test_the_same_ticks_and_received_times_leave_the_same_state(model: Model, tmp_path: Path) -> None:
    """What a journal holds is enough to rebuild a breaker; quotes have gaps, so it opens and closes on the way."""
    seen = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        watch = watch_of(model, folder)
        reasons = [each.abstain for each in drive(watch, model, quotes_of())]
        seen.append((reasons, watch.state()))
    assert seen[0] == seen[1]
    opened = [BREAKER in abstain for abstain in seen[0][0]]
    assert any(opened)
    assert not all(opened)


@pytest.mark.parametrize("size", [1, 7, 400, 3000])
def test_columns_of_ticks_leave_what_single_ticks_leave(model: Model, tmp_path: Path, size: int) -> None:
    """Over gaps, minutes and settlements, whatever the messages' size."""
    one, many = watch_of(model, tmp_path), watch_of(model, tmp_path)
    ts_us, bid, ask, *_ = quotes_of()
    one.message(int(ts_us[-1]), REPLAYED_AT_US)
    many.message(int(ts_us[-1]), REPLAYED_AT_US)
    for at in range(0, len(ts_us), size):
        part = slice(at, at + size)
        many.ticks(ts_us[part], bid[part], ask[part])
        for each in range(at, min(at + size, len(ts_us))):
            one._one(int(ts_us[each]), float(bid[each]), float(ask[each]))
        assert vars(many.feed) == vars(one.feed)
    assert many.state() == one.state()
    assert many.outcomes._ts == one.outcomes._ts
    assert many.outcomes._ask == one.outcomes._ask


def test_a_journaled_signal_says_what_the_event_said(model: Model, tmp_path: Path) -> None:
    one, many = watch_of(model, tmp_path), watch_of(model, tmp_path)
    quotes, features = quotes_of(count=300), np.linspace(0.0, 1.0, len(FEATURES))
    scores = [(0.1, 0.2, 0.7, 1.0), (nan, nan, nan, nan), (0.6, 0.1, 0.3, 9.0)]
    sides = [(1, "long"), (0, "none"), (-1, "short")]
    for watch in (one, many):
        watch.ticks(quotes.ts_us, quotes.bid, quotes.ask)
    event = MarketEvent(int(quotes.ts_us[-1]), 1.1, 1.2, 0.01, MINUTE_US)
    for said, (side, word) in zip(scores, sides, strict=True):
        abstain = () if side else ("not_finite",)
        one.event(event, features, Prediction(*said, ()), side, abstain, model.digest)
        names = ("p_short", "p_neither", "p_long", "anomaly")
        told = dict(zip(names, (None if isnan(score) else score for score in said), strict=True))
        many.signalled(event, features, {**told, "side": word, "abstain": [*abstain], "bundle": model.digest})
    assert one.state() == many.state()
    assert (one.state().totals.asked, one.state().totals.acted) == (2, 2)


def test_what_another_model_said_is_left_out(model: Model, tmp_path: Path) -> None:
    watch, quotes = watch_of(model, tmp_path), quotes_of(count=2000)
    seen = list(drive(watch, model, quotes))
    assert watch.state().totals.events == len(seen) > 0
    state = watch.state()
    nothing = MarketEvent(int(quotes.ts_us[-1]), 1.1, 1.2, 0.01, MINUTE_US)
    watch.event(nothing, np.zeros(3), Prediction(0.1, 0.2, 0.7, 1.0, ()), 1, (), "0" * 64)
    assert watch.state() == state


def test_every_signal_abstains_while_the_breaker_is_open(model: Model, tmp_path: Path) -> None:
    watch = watch_of(model, tmp_path)
    quotes = quotes_of()
    gap = int(np.argmax(np.diff(quotes.ts_us) >= 300_000_000)) + 1
    for _ in drive(watch, model, quotes.head(gap)):
        pass
    assert watch.reasons() == ()
    ts_us = int(quotes.ts_us[gap])
    watch.tick(ts_us, ts_us, quotes.bid[gap], quotes.ask[gap], "clean")
    assert watch.reasons() == (BREAKER,)
    troubles = {each.reason: each for each in watch.report(REPLAYED_AT_US).breaker.troubles}
    assert (troubles["feed_gap"].worst >= 300, troubles["feed_gap"].unit) == (True, "seconds")


def test_a_blown_spread_opens_it_at_the_minute_s_end(model: Model, tmp_path: Path) -> None:
    watch, quotes = watch_of(model, tmp_path), without_gaps(quotes_of(count=400))
    for _ in drive(watch, model, quotes):
        pass
    assert watch.reasons() == ()
    last = int(quotes.ts_us[-1])
    for step in range(1, 13):
        ts_us = last + step * 15_000_000
        watch.tick(ts_us, ts_us, 1.1, 1.2, "clean")
    assert [each.reason for each in watch.report(REPLAYED_AT_US).breaker.troubles] == ["spread_blown"]


def test_scores_that_moved_open_it(model: Model, tmp_path: Path) -> None:
    """Another model's answers, as after a swap of files that nobody verified."""
    watch, quotes = watch_of(model, tmp_path), without_gaps(quotes_of(count=4000))
    for each in drive(watch, model, quotes.head(200)):
        assert BREAKER not in each.abstain
    assert watch.events is not None
    for _ in range(512):
        watch.events.push(np.full(len(watch.events.names), 1e6))
    ts_us = int(quotes.ts_us[199]) + 2 * MINUTE_US
    watch.tick(ts_us, ts_us, 1.1, 1.1001, "clean")
    assert watch.reasons() == (BREAKER,)
    assert {each.reason for each in watch.report(0).breaker.troubles} == {"score_drift", "out_of_range"}


def test_a_hand_counts_from_the_tick_that_came_after_it(model: Model, tmp_path: Path) -> None:
    hands = Hands(tmp_path / "breaker.json")
    watch = Watch(DAY, lambda: model, hands)
    hands.add(opens=True, reason="news", now_us=DAY.start_us + 10)
    watch.tick(DAY.start_us + 5, DAY.start_us + 9, 1.1, 1.2, "clean")
    assert watch.reasons() == ()
    watch.tick(DAY.start_us + 6, DAY.start_us + 10, 1.1, 1.2, "quarantined")
    assert watch.reasons() == (BREAKER,)
    assert watch.report(DAY.start_us + 11).breaker.by_hand


def test_what_is_not_clean_says_nothing_of_the_market(model: Model, tmp_path: Path) -> None:
    watch, other = watch_of(model, tmp_path), watch_of(model, tmp_path)
    for ts_us in range(DAY.start_us, DAY.start_us + 10**9, 10**7):
        for each in (watch, other):
            each.tick(ts_us, ts_us, 1.1, 1.2, "clean")
        watch.tick(ts_us, ts_us + 10**9, 5.0, 1.2, "quarantined")
    assert watch.state() == other.state()


def test_another_champion_begins_the_windows_anew_and_keeps_the_breaker(model: Model, tmp_path: Path) -> None:
    watch = watch_of(model, tmp_path)
    for _ in drive(watch, model, quotes_of()):
        pass
    troubles = watch.state().troubles
    before = watch.state()
    assert before.totals.events > 0
    same = watch_of(model, tmp_path, before)
    assert same.state() == before
    none = watch_of(None, tmp_path, before)
    assert (none.state().totals.events, none.state().troubles) == (0, troubles)
    assert none.report(0).drift is None


def test_the_report_sets_live_beside_tested(model: Model, tmp_path: Path) -> None:
    watch = watch_of(model, tmp_path)
    acted = sum(each.decision.side != 0 and not each.abstain for each in drive(watch, model, quotes_of()))
    watch.close(day_is_over=True)
    report = watch.as_dict(REPLAYED_AT_US)
    outcomes = report["outcomes"]
    assert outcomes["live"]["acted"] == acted > 0
    assert outcomes["live"]["settled"] + outcomes["live"]["no_entry"] == acted
    assert outcomes["acted"] == acted / outcomes["live"]["events"]
    assert outcomes["curve"][-1]["coverage"] == 1.0
    assert outcomes["curve"][-1]["orders"] == outcomes["live"]["asked"]
    assert report["model"] == model.digest
    assert len(report["drift"]["rows"]) == len(model.reference.events) + len(model.reference.minutes)
    assert report["feed"]["live"]
