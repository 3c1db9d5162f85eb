"""A day tick by tick against the batch: law 4, and what a signal says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.wire.contract import Signal, parse_answer
from serving.endpoint.feed import answers
from serving.endpoint.feed.live_day import LiveDay
from serving.endpoint.models.model import Model
from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us, label_day
from ticklake_assets.core.orders import LONG, SHORT, orders_at
from ticklake_assets.core.quotes import RULES
from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import FUTURE, status_of
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import NOT_FINITE
from ticklake_assets_tests.serving.deployments import AS_OF, make_deployment
from ticklake_assets_tests.serving.recorded_day import RecordedDay, real_day


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", tmp_path / "keys")


_QUARANTINED = {("quarantined", rule.name) for rule in RULES}


_NOW = 4_000_000_000_000_000
"""A clock behind every tick of these days."""


def _take(live: LiveDay, recorded: RecordedDay, cuts: Sequence[int] = ()) -> list[Batch]:
    """The day's ticks in parts that end at `cuts`."""
    edges = [0, *cuts, len(recorded.ticks)]
    return [
        live.take(start + 1, recorded.columns(start, end), _NOW, 0)
        for start, end in pairwise(edges)
        if end > start
    ]


def _replay(recorded: RecordedDay, models: ModelStore, cuts: Sequence[int] = ()) -> list[Batch]:
    return _take(LiveDay(recorded.day, models, complete=True), recorded, cuts)


def _sent(batches: list[Batch]) -> list[dict[str, Any]]:
    """The signals that are answered."""
    return [signals[0] for batch in batches for signals in batch.signals if signals]


def _codes(batches: list[Batch]) -> list[int]:
    return np.concatenate([batch.codes for batch in batches]).tolist()


def _matrix(batches: list[Batch]) -> bytes:
    return np.concatenate([batch.features for batch in batches if len(batch.event_rows)]).tobytes()


def test_a_dirty_raw_day_gives_the_batchs_rows_and_bits(recorded: RecordedDay, models: ModelStore) -> None:
    batches, batch = _replay(recorded, models), recorded.features
    codes = _codes(batches)
    rules = Counter(rule for _, rule in map(status_of, codes) if rule is not None)
    assert rules == recorded.by_rule
    clean = [tick.ts_us for tick, code in zip(recorded.ticks, codes, strict=True) if code == 0]
    assert clean == recorded.quotes.ts_us.tolist()
    assert len(batch.ts_us) > 50
    assert np.concatenate([each.event_ts_us for each in batches]).tolist() == batch.ts_us.tolist()
    assert _matrix(batches) == batch.features.tobytes()


def test_a_real_raw_day_gives_the_batchs_bits(shared_data: Path, models: ModelStore, tmp_path: Path) -> None:
    recorded = real_day(tmp_path / "landing", shared_data)
    batches = _replay(recorded, models)
    assert len(_codes(batches)) == 16_343
    assert len(recorded.features.ts_us) > 50
    assert _matrix(batches) == recorded.features.features.tobytes()


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_how_ticks_are_cut_into_messages_changes_no_bit(
    recorded: RecordedDay, scored: ModelStore, data: st.DataObject
) -> None:
    whole = _replay(recorded, scored)
    size = len(recorded.ticks)
    cuts = data.draw(st.just(range(1, size)) | st.sets(st.integers(1, size - 1)).map(sorted))
    parts = _replay(recorded, scored, cuts)
    assert _codes(parts) == _codes(whole)
    assert _sent(parts) == _sent(whole)
    assert _matrix(parts) == _matrix(whole)
    for batch in parts:
        assert [signals[0]["seq"] for signals in batch.signals] == (
            batch.first_seq + batch.event_rows
        ).tolist()


def test_a_day_that_follows_a_journal_goes_on_with_the_same_bits(
    recorded: RecordedDay, scored: ModelStore
) -> None:
    whole = _replay(recorded, scored, [700])
    again = LiveDay(recorded.day, scored, complete=True)
    again.follow(_replay(recorded, scored, range(1, 701))[:700])
    rest = again.take(701, recorded.columns(700), _NOW, 0)
    assert _sent([rest]) == _sent(whole[1:])
    assert rest.features.tobytes() == whole[1].features.tobytes()


def test_a_journal_that_is_judged_differently_today_is_refused(
    recorded: RecordedDay, models: ModelStore
) -> None:
    (batch,) = _replay(recorded, models)
    codes = batch.codes.copy()
    codes[np.flatnonzero(codes == 0)[5]] = 3
    with pytest.raises(DataError, match="judged differently today"):
        LiveDay(recorded.day, models, complete=True).follow([batch._replace(codes=codes)])


def test_a_tick_from_ahead_of_the_clock_is_refused_and_changes_nothing(
    recorded: RecordedDay, models: ModelStore
) -> None:
    live, skew = LiveDay(recorded.day, models, complete=True), 2_000_000
    now = int(recorded.quotes.ts_us[800])
    early = live.take(1, recorded.columns(), now, skew)
    ahead = [tick.ts_us is not None and tick.ts_us > now + skew for tick in recorded.ticks]
    assert [code == FUTURE for code in early.codes] == ahead
    assert 0 < sum(ahead) < len(ahead)
    places = np.flatnonzero(ahead)
    later = live.take(1, recorded.columns().at(places), _NOW, skew)
    assert _matrix([early, later]) == recorded.features.features.tobytes()
    again = LiveDay(recorded.day, models, complete=True)
    again.follow([early, later])


def test_a_signal_is_the_order_that_the_labels_are_about(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    model = models.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    day, instrument, batch = recorded.day, instrument_of("SYNEUR"), recorded.features
    signals = [Signal.model_validate(signal) for signal in _sent(_replay(recorded, models))]
    assert [signal.ts_us for signal in signals] == batch.ts_us.tolist()
    labels = label_day(day, recorded.quotes, batch, instrument)
    bid, ask = batch.context.T[:2]
    orders = {
        name: orders_at(side, batch.ts_us, bid, ask, labels.width, labels.horizon_us, instrument)
        for name, side in (("long", LONG), ("short", SHORT))
    }
    assert {signal.side for signal in signals} >= {"long", "short"}
    for row, signal in enumerate(signals):
        assert signal.p_short is not None
        assert signal.p_long is not None
        assert signal.p_short + (signal.p_neither or 0.0) + signal.p_long == pytest.approx(1.0)
        assert (signal.bundle, signal.tradable, signal.abstain) == (model.digest, True, ())
        assert signal.day_end_us == day_end_us(day, instrument)
        if signal.side == "none":
            assert (signal.stop, signal.target) == (None, None)
            continue
        order = orders[signal.side]
        assert (signal.stop, signal.target) == (order.stop[row], order.target[row])
        assert signal.earliest_entry_us == order.earliest_entry_us[row]
        assert signal.horizon_end_us == order.horizon_end_us[row]
        assert (signal.side == "long") == (signal.p_long > signal.p_short)
        assert max(signal.p_long, signal.p_short) >= signal.threshold
    assert len({signal.signal_id for signal in signals}) == len(signals)


def test_a_shadow_scores_the_same_and_is_never_tradable(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    models.push(make_deployment(tmp_path / "keys", "SYNEUR", passed=False))
    signals = _sent(_replay(recorded, models))
    assert {signal["tradable"] for signal in signals} == {False}
    assert len(signals) == len(recorded.features.ts_us)


def test_beside_a_live_model_a_shadow_is_journaled_and_not_sent(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    live = models.push(make_deployment(tmp_path / "keys", "SYNEUR", seed=1))
    later = AS_OF + timedelta(days=1)
    shadow = models.push(make_deployment(tmp_path / "keys", "SYNEUR", passed=False, seed=2, as_of=later))
    (batch,) = _replay(recorded, models)
    assert all(
        [signal["bundle"] for signal in signals] == [live.digest, shadow.digest] for signals in batch.signals
    )
    assert {signal["bundle"] for signal in _sent([batch])} == {live.digest}


class BrokenModels(ModelStore):
    """Models whose calibration is not a number."""

    def of(self, symbol: str) -> tuple[Model, ...]:
        broken = Calibration(float("nan"))
        return tuple(
            replace(each, scorer=replace(each.scorer, calibration=broken)) for each in super().of(symbol)
        )


def test_scores_that_are_not_finite_abstain_on_the_wire(recorded: RecordedDay, tmp_path: Path) -> None:
    models = BrokenModels(tmp_path / "models", tmp_path / "keys")
    models.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    batches = _replay(recorded, models, range(1, len(recorded.ticks)))
    sent = [parse_answer(answers.of_single(batch).decode()).signal for batch in batches]
    signals = [signal for signal in sent if signal is not None]
    assert len(signals) == len(recorded.features.ts_us)
    for signal in signals:
        assert (signal.side, signal.abstain, signal.p_long) == ("none", (NOT_FINITE,), None)
        assert (signal.stop, signal.target) == (None, None)


def test_without_a_model_features_are_served_and_signals_are_not(
    recorded: RecordedDay, models: ModelStore
) -> None:
    (batch,) = _replay(recorded, models)
    assert _sent([batch]) == []
    assert len(batch.features) == len(recorded.features.ts_us)


def test_ticks_that_never_came_make_every_later_signal_abstain(
    recorded: RecordedDay, scored: ModelStore
) -> None:
    live, half = LiveDay(recorded.day, scored, complete=True), len(recorded.ticks) // 2
    before = live.take(1, recorded.columns(0, half), _NOW, 0)
    live.complete = False
    after = live.take(half + 5, recorded.columns(half + 4), _NOW, 0)
    assert {signal["abstain"] for signal in _sent([before])} == {()}
    assert {signal["abstain"] for signal in _sent([after])} == {("incomplete_day",)}


def test_a_late_tick_changes_nothing(recorded: RecordedDay, models: ModelStore) -> None:
    live, half = LiveDay(recorded.day, models, complete=True), len(recorded.ticks) // 2
    first = live.take(1, recorded.columns(0, half), _NOW, 0)
    late = live.take(half + 1, RawColumns.joined([recorded.columns(0, 30)]), _NOW, 0)
    assert set(map(status_of, late.codes.tolist())) <= {("late", None), *_QUARANTINED}
    assert ("late", None) in set(map(status_of, late.codes.tolist()))
    rest = live.take(half + 31, recorded.columns(half), _NOW, 0)
    assert _matrix([first, late, rest]) == recorded.features.features.tobytes()


@settings(max_examples=8)
@given(st.data())
def test_swapping_models_anywhere_drops_no_event(
    recorded: RecordedDay, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("swaps")
    models = ModelStore(folder / "models", folder / "keys")
    models.push(make_deployment(folder / "keys", "SYNEUR"))
    swaps = sorted(data.draw(st.sets(st.integers(1, len(recorded.ticks) - 1), max_size=4)))
    live, batches = LiveDay(recorded.day, models, complete=True), []
    for start, end in pairwise([0, *swaps, len(recorded.ticks)]):
        batches.append(live.take(start + 1, recorded.columns(start, end), _NOW, 0))
        passed = data.draw(st.booleans())
        models.push(make_deployment(folder / "keys", "SYNEUR", passed=passed, seed=end))
    assert [signal["ts_us"] for signal in _sent(batches)] == recorded.features.ts_us.tolist()
