"""A day through endpoint, bridge, risk and a simulated account, against the test of the same day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mt5_bridge.attribution.documents import TestedDay
from mt5_bridge.attribution.steps import Step
from mt5_bridge.backtest.report import Backtest, backtest_of
from mt5_bridge.backtest.run import run_backtest
from mt5_bridge.config import BridgeConfig
from mt5_bridge.running.feed import recorded_sizes
from mt5_bridge.simulated.broker import AccountSetup, Execution, SimulatedBroker
from mt5_bridge.simulated.specification import Session, Specification
from mt5_bridge.wire.contract import Tick
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.judging.tested_day import day_as_tested, decisions_on
from ticklake_assets.resources.signing import Signing
from ticklake_assets_tests.mt5_bridge.running.days import config_of
from ticklake_assets_tests.serving.deployments import make_bundle
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint

LIMITS = """
weekend = "unlimited"
rollover = "unlimited"
[trade]
risk_percent = 10
max_lots = 1
spread_pips = "unlimited"
[exposure]
symbol_times = "unlimited"
total_times = "unlimited"
currency_times = "unlimited"
open_risk_percent = "unlimited"
[day]
loss_percent = "unlimited"
trades = "unlimited"
[drawdown]
percent = "unlimited"
[streak]
losses = "unlimited"
[slippage]
pips = "unlimited"
"""


@dataclass
class Desk:
    endpoint: RunningEndpoint
    recorded: RecordedDay
    folder: Path
    tested: TestedDay

    def run(self, ticks: list[Tick], broker: SimulatedBroker | None = None, **config: Any) -> Backtest:
        (self.folder / "limits.toml").write_text(LIMITS)
        plan: BridgeConfig = config_of(
            self.folder,
            symbols={"SYNEUR": {"broker_name": "SYNEUR.m"}},
            limits=self.folder / "limits.toml",
            **config,
        )
        ran = run_backtest(
            plan,
            broker or make_broker(),
            "SYNEUR",
            {DAY.trading_day: ticks},
            self.endpoint.client,
            self.folder / "account",
            sizes=recorded_sizes(ticks),
        )
        assert ran.stopped == "the recorded market is over"
        return backtest_of(ran, "SYNEUR", self.tested.facts.pip, None, [self.tested])

    @property
    def clean(self) -> list[Tick]:
        kept = self.recorded.quotes
        rows = zip(*(column.tolist() for column in kept), strict=True)
        return [Tick(n, *row) for n, row in enumerate(rows, start=1)]


def make_broker(**execution: Any) -> SimulatedBroker:
    """An account in the currency of the profile's, that charges as the profile does not."""
    symbol = Specification(
        name="SYNEUR.m",
        recorded_as="SYNEUR",
        currency_base="SYN",
        currency_profit="EUR",
        sessions=tuple(Session(weekday=day) for day in range(7)),
    )
    account = AccountSetup(login=7, currency="EUR", balance=Decimal(100_000_000), leverage=500)
    rates = {"SYNEUR": Decimal(1)}
    return SimulatedBroker(
        symbols=(symbol,), accounts=(account,), rates=rates, execution=Execution(**execution)
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    recorded = record_day(tmp_path_factory.mktemp("landing"), ticks=400)
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        keys = endpoint.settings.keys_dir
        bundle = open_bundle(make_bundle(keys, DAY.symbol), Signing(keys_dir=str(keys)).public)
        quotes, instrument = recorded.quotes, bundle.instrument
        decisions = decisions_on(bundle, recorded.features)
        tested = day_as_tested(DAY, decisions, quotes, instrument, bundle.digest, None)
        yield Desk(endpoint, recorded, tmp_path_factory.mktemp("bridge"), tested)


def test_clean_quotes_give_the_tests_trades_in_every_field_but_costs(desk: Desk) -> None:
    found = desk.run(desk.clean)
    compared = found.comparison
    assert compared is not None
    assert compared.trades == len(desk.tested.trades) == found.figures.trades > 5
    changed = {each.step for day in compared.days for each in day.steps if each.trades}
    assert changed <= {Step.SLIPPAGE, Step.CONVERSION, Step.COSTS}, changed
    names = {field.name for trade in compared.days[0].trades for field in trade.differences}
    assert names <= {"costs", "money"}
    assert compared.real == found.figures.net_money == sum(day.net_money for day in found.days)
    assert compared.tested + compared.rounding + sum(compared.steps.values()) == compared.real
