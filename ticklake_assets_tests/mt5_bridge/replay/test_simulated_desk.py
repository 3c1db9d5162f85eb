"""A dirty day streamed to an endpoint and traded at a simulated broker, explained against the test of the day."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from mt5_bridge.attribution.steps import Step
from mt5_bridge.errors import SetupError
from mt5_bridge.replay.desk import Simulation
from mt5_bridge.replay.replay import Replay, run_replay
from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.wire.contract import Tick
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.judging.tested_day import day_as_tested, decisions_on
from ticklake_assets.resources.signing import Signing
from ticklake_assets_tests.serving.deployments import make_bundle
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint


def _broker() -> SimulatedBroker:
    symbol = Specification(name="SYNEUR.m", recorded_as="SYNEUR", currency_base="SYN", currency_profit="EUR")
    account = AccountSetup(login=7, currency="EUR", balance=Decimal(1_000_000))
    return SimulatedBroker(symbols=(symbol,), accounts=(account,), rates={"SYNEUR": Decimal(1)})


def _clean(recorded: RecordedDay) -> list[Tick]:
    rows = zip(*(column.tolist() for column in recorded.quotes), strict=True)
    return [Tick(n, *row) for n, row in enumerate(rows, start=1)]


def _plan(endpoint: RunningEndpoint, recorded: RecordedDay, folder: Path) -> Replay:
    keys = endpoint.settings.keys_dir
    bundle = open_bundle(make_bundle(keys, DAY.symbol), Signing(keys_dir=str(keys)).public)
    decisions = decisions_on(bundle, recorded.features)
    tested = day_as_tested(DAY, decisions, recorded.quotes, bundle.instrument, bundle.digest, None)
    simulation = Simulation(_broker(), _clean(recorded))
    return Replay(recorded.csv, DAY.symbol, DAY.trading_day, folder, simulation, tested)


def test_its_trades_are_the_tests(tmp_path: Path) -> None:
    """But for money: the profile assumes slippage and commission, the broker takes neither."""
    recorded = record_day(tmp_path / "landing")
    with scored_endpoint(tmp_path / "home") as endpoint:
        plan = _plan(endpoint, recorded, tmp_path / "journal")
        assert plan.tested is not None
        summary = run_replay(plan, endpoint.client, lambda done, total: None)
        found = summary.attribution
        assert found is not None
        assert summary.mode == found.mode == "demo"
        assert len(found.trades) == summary.trades == len(plan.tested.trades) > 20
        assert summary.quarantined, "the stream is dirty, the broker's quotes are not"
        money = {Step.SLIPPAGE, Step.COSTS}
        assert {each.step for each in found.steps if each.trades} <= money
        fields = {field.name for trade in found.trades for field in trade.differences}
        assert fields <= {"costs", "money"}
        again = run_replay(plan, endpoint.client, lambda done, total: None)
        assert again.attribution == found, "a rerun with the same journal trades nothing again"
        strange = replace(plan, journal_dir=tmp_path / "other", symbol="SYNEUR")
        symbol = plan.simulation.broker.symbols[0].model_copy(update={"recorded_as": "EURUSD"})  # type: ignore[union-attr]
        broker = plan.simulation.broker.model_copy(update={"symbols": (symbol,)})  # type: ignore[union-attr]
        strange = replace(strange, simulation=Simulation(broker, plan.simulation.ticks))  # type: ignore[union-attr]
        with pytest.raises(SetupError, match="recorded as SYNEUR, was none"):
            run_replay(strange, endpoint.client, lambda done, total: None)
