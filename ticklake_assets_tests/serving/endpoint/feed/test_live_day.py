"""A day tick by tick against the batch: law 4, and what a signal says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving.endpoint.live_day import LiveDay
from serving.endpoint.messages import TickMessage
from serving.endpoint.served_journal import read_served

from mt5_bridge.contract import Signal, parse_answer
from serving.endpoint.counters import Counters
from serving.endpoint.model_store import Model, ModelStore
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us, label_day
from ticklake_assets.core.orders import LONG, SHORT, orders_at
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import NOT_FINITE
from ticklake_assets_tests.serving.deployments import AS_OF, make_deployment
from ticklake_assets_tests.serving.recorded_day import RecordedDay, real_day, record_day


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"))


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", tmp_path / "keys")


@contextmanager
def _begun(recorded: RecordedDay, models: ModelStore, counters: Counters, served: Path) -> Iterator[LiveDay]:
    with closing(LiveDay(recorded.day, models, counters, served, complete=True)) as live:
        yield live


def _replay(
    recorded: RecordedDay, models: ModelStore, counters: Counters, served: Path
) -> list[dict[str, Any]]:
    with _begun(recorded, models, counters, served) as live:
        return [live.tick(TickMessage(*tick)) for tick in recorded.ticks]


def _signals(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [answer["signal"] for answer in answers if answer["signal"] is not None]


def test_a_dirty_raw_day_gives_the_batchs_rows_and_bits(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    counters = Counters()
    answers = _replay(recorded, models, counters, tmp_path)
    assert counters.quarantined == recorded.by_rule
    assert (counters.ticks, counters.late) == (len(recorded.ticks), 0)
    clean = [
        tick for tick, answer in zip(recorded.ticks, answers, strict=True) if answer["status"] == "clean"
    ]
    assert [tick.ts_us for tick in clean] == recorded.quotes.ts_us.tolist()
    served, batch = read_served(tmp_path, recorded.day), recorded.features
    assert served.complete
    assert len(batch.ts_us) > 50
    assert served.matrix[:, 0].tolist() == batch.ts_us.tolist()
    assert np.ascontiguousarray(served.matrix[:, 1:]).tobytes() == batch.features.tobytes()


def test_a_real_raw_day_gives_the_batchs_bits(shared_data: Path, models: ModelStore, tmp_path: Path) -> None:
    recorded = real_day(tmp_path / "landing", shared_data)
    answers = _replay(recorded, models, Counters(), tmp_path)
    assert len(answers) == 16_343
    served, batch = read_served(tmp_path, recorded.day), recorded.features
    assert len(batch.ts_us) > 50
    assert served.matrix[:, 0].tolist() == batch.ts_us.tolist()
    assert np.ascontiguousarray(served.matrix[:, 1:]).tobytes() == batch.features.tobytes()


def test_a_signal_is_the_order_that_the_labels_are_about(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    model = models.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    day, instrument, batch = recorded.day, instrument_of("SYNEUR"), recorded.features
    answers = _replay(recorded, models, Counters(), tmp_path)
    signals = [Signal.model_validate(signal) for signal in _signals(answers)]
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
    counters = Counters()
    answers = _replay(recorded, models, counters, tmp_path)
    assert {signal["tradable"] for signal in _signals(answers)} == {False}
    assert counters.signals == counters.predictions == len(recorded.features.ts_us)


def test_beside_a_live_model_a_shadow_is_journaled_and_not_sent(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    live = models.push(make_deployment(tmp_path / "keys", "SYNEUR", seed=1))
    later = AS_OF + timedelta(days=1)
    shadow = models.push(make_deployment(tmp_path / "keys", "SYNEUR", passed=False, seed=2, as_of=later))
    counters = Counters()
    answers = _replay(recorded, models, counters, tmp_path)
    assert {signal["bundle"] for signal in _signals(answers)} == {live.digest}
    assert counters.predictions == 2 * counters.signals
    (journal,) = tmp_path.glob("SYNEUR/*/*.jsonl")
    events = [orjson.loads(line) for line in journal.read_bytes().splitlines()[1:]]
    assert all([s["bundle"] for s in event["signals"]] == [live.digest, shadow.digest] for event in events)


class BrokenModels(ModelStore):
    """Models whose calibration is not a number."""

    def of(self, symbol: str) -> list[Model]:
        broken = Calibration(float("nan"))
        return [replace(each, scorer=replace(each.scorer, calibration=broken)) for each in super().of(symbol)]


def test_scores_that_are_not_finite_abstain_on_the_wire(recorded: RecordedDay, tmp_path: Path) -> None:
    models = BrokenModels(tmp_path / "models", tmp_path / "keys")
    models.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    answers = _replay(recorded, models, Counters(), tmp_path)
    sent = [parse_answer(orjson.dumps(answer).decode()).signal for answer in answers]
    signals = [signal for signal in sent if signal is not None]
    assert len(signals) == len(recorded.features.ts_us)
    for signal in signals:
        assert (signal.side, signal.abstain, signal.p_long) == ("none", (NOT_FINITE,), None)
        assert (signal.stop, signal.target) == (None, None)


def test_without_a_model_features_are_served_and_signals_are_not(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    answers = _replay(recorded, models, Counters(), tmp_path)
    assert _signals(answers) == []
    assert len(read_served(tmp_path, recorded.day).matrix) == len(recorded.features.ts_us)


def test_ticks_that_never_came_make_every_later_signal_abstain(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    models.push(make_deployment(tmp_path / "keys", "SYNEUR"))
    half = len(recorded.ticks) // 2
    with _begun(recorded, models, Counters(), tmp_path) as live:
        before = [live.tick(TickMessage(*tick)) for tick in recorded.ticks[:half]]
        live.lose(half + 5)
        after = [live.tick(TickMessage(*tick)) for tick in recorded.ticks[half + 4 :]]
    assert {signal["abstain"] for signal in _signals(before)} == {()}
    assert {signal["abstain"] for signal in _signals(after)} == {("incomplete_day",)}
    assert not read_served(tmp_path, recorded.day).complete


def test_a_late_tick_is_counted_and_changes_nothing(
    recorded: RecordedDay, models: ModelStore, tmp_path: Path
) -> None:
    counters = Counters()
    half = len(recorded.ticks) // 2
    late = TickMessage(0, recorded.quotes.ts_us[0].item(), 1.1, 1.2, 1.0, 1.0)
    with _begun(recorded, models, counters, tmp_path) as live:
        for tick in recorded.ticks[:half]:
            live.tick(TickMessage(*tick))
        assert live.tick(late) == {"seq": 0, "status": "late", "rule": None, "signal": None}
        for tick in recorded.ticks[half:]:
            live.tick(TickMessage(*tick))
    served = read_served(tmp_path, recorded.day)
    assert np.ascontiguousarray(served.matrix[:, 1:]).tobytes() == recorded.features.features.tobytes()
    assert counters.late == 1


@settings(max_examples=8)
@given(st.data())
def test_swapping_models_anywhere_drops_no_event(
    recorded: RecordedDay, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("swaps")
    models = ModelStore(folder / "models", folder / "keys")
    models.push(make_deployment(folder / "keys", "SYNEUR"))
    swaps = data.draw(st.sets(st.integers(0, len(recorded.ticks) - 1), max_size=4))
    answers = []
    with _begun(recorded, models, Counters(), folder) as live:
        for position, tick in enumerate(recorded.ticks):
            if position in swaps:
                passed = data.draw(st.booleans())
                models.push(make_deployment(folder / "keys", "SYNEUR", passed=passed, seed=position))
            answers.append(live.tick(TickMessage(*tick)))
    assert [signal["ts_us"] for signal in _signals(answers)] == recorded.features.ts_us.tolist()
