"""A day through endpoint, bridge, risk and a simulated account, against the test of the same day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mt5_bridge.attribution.documents import TestedDay, TestedDays
from mt5_bridge.attribution.steps import Step
from mt5_bridge.backtest.report import Backtest, backtest_of
from mt5_bridge.backtest.run import run_backtest
from mt5_bridge.cli import app
from mt5_bridge.config import BridgeConfig
from mt5_bridge.running.feed import recorded_sizes
from mt5_bridge.simulated.broker import AccountSetup, Execution, SimulatedBroker
from mt5_bridge.simulated.specification import Session, Specification
from mt5_bridge.ticks.day_file import render_day
from mt5_bridge.wire.contract import Tick
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.judging.tested_day import day_as_tested, decisions_on
from ticklake_assets.resources.signing import Signing
from ticklake_assets_tests.mt5_bridge.running.days import config_of
from ticklake_assets_tests.serving.deployments import make_bundle
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint

QUOTES = 600
"""Of a day in which they come every 20 seconds."""
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
    quotes: Quotes
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
        rows = zip(*(column.tolist() for column in self.quotes), strict=True)
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
    recorded = record_day(tmp_path_factory.mktemp("landing"), ticks=4000)
    quotes = Quotes(*(column[:QUOTES] for column in recorded.quotes))
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        keys = endpoint.settings.keys_dir
        bundle = open_bundle(make_bundle(keys, DAY.symbol), Signing(keys_dir=str(keys)).public)
        decisions = decisions_on(bundle, features_of_day(DAY, quotes))
        tested = day_as_tested(DAY, decisions, quotes, bundle.instrument, bundle.digest, None)
        yield Desk(endpoint, quotes, tmp_path_factory.mktemp("bridge"), tested)


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


def test_a_broker_that_slips_and_charges_is_explained(desk: Desk) -> None:
    """Slippage is a point a fill, as the profile assumes; the commission is ten times that of the profile."""
    broker = make_broker(slippage_points=1)
    dear = broker.symbols[0].model_copy(update={"commission_per_lot": Decimal(5)})
    found = desk.run(desk.clean, broker.model_copy(update={"symbols": (dear,)}))
    compared = found.comparison
    assert compared is not None
    assert compared.trades == len(desk.tested.trades)
    assert {step for step, money in compared.steps.items() if money} <= {Step.SLIPPAGE, Step.COSTS}
    sides = 2 * len(desk.tested.trades)
    assert compared.steps[Step.COSTS] == -5 * sides
    assert -sides <= compared.steps[Step.SLIPPAGE] <= sides, "a stop or target is filled at its quote"


def test_a_run_again_begins_anew(desk: Desk) -> None:
    first, second = (desk.run(desk.clean[:200]) for _ in range(2))
    assert first.model_dump(exclude={"account"}) == second.model_dump(exclude={"account"})
    assert first.fates


BROKER = """
[[symbols]]
name = "SYNEUR.m"
recorded_as = "SYNEUR"
currency_base = "SYN"
currency_profit = "EUR"
[[accounts]]
login = 7
currency = "EUR"
balance = 100000000
leverage = 500
[rates]
SYNEUR = 1
"""


def test_by_command_against_the_tested_days(desk: Desk, tmp_path: Path) -> None:
    """Over a simulated terminal's history, which tells no sizes: those of the recording are used."""
    ticks = render_day(desk.clean, 5)
    (tmp_path / "day.csv").write_bytes(ticks)
    (tmp_path / "broker.toml").write_text(BROKER)
    (tmp_path / "limits.toml").write_text(LIMITS)
    (tmp_path / "token").write_text(desk.endpoint.token)
    (tmp_path / "tested.json").write_text(TestedDays(days=(desk.tested,)).model_dump_json())
    (tmp_path / "bridge.toml").write_text(
        f"""
folder = "bridge"
limits = "limits.toml"
[endpoint]
url = "{desk.endpoint.url}"
token_file = "token"
[symbols.SYNEUR]
broker_name = "SYNEUR.m"
[simulated]
broker = "broker.toml"
ticks = {{ SYNEUR = ["day.csv"] }}
"""
    )
    day = str(DAY.trading_day)
    words = ["backtest", "SYNEUR", "--from", day, "--to", day, "--config", tmp_path / "bridge.toml"]
    words += ["--out", tmp_path / "out", "--compare", tmp_path / "tested.json"]
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = Backtest.model_validate_json((tmp_path / "out" / "report.json").read_text())
    assert found.comparison is not None
    assert found.comparison.trades == found.figures.trades == len(desk.tested.trades)
    assert f"of {found.comparison.trades} trades are the same in every field" in done.output
    assert str(found.comparison.real) in done.output
    recorded = (tmp_path / "out" / "ticks" / f"SYNEUR_{day}.csv").read_text().splitlines()
    assert [row.split(",")[:3] for row in recorded] == [
        row.split(",")[:3] for row in ticks.decode().splitlines()
    ]
    (tmp_path / "tested.json").write_text("{}")
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 1
    assert "Expected what `ticklake tested --json` prints" in done.output
