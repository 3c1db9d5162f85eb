"""`ticklake instrument`, and that an added symbol is one: a day of it runs from its files to typed rows and labels."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from mt5_bridge.errors import TerminalError
from ticklake_assets.cli import app
from ticklake_assets.commands.instrument import append_entry
from ticklake_assets.commands.instrument_mt5 import draft_of, from_terminal
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.market_tables import INSTRUMENTS_VARIABLE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    monkeypatch.delenv(INSTRUMENTS_VARIABLE, raising=False)
    return tmp_path


def instrument(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["instrument", *arguments], env={"COLUMNS": "160"})


def test_an_instrument_of_the_catalogue_is_added_and_then_known(home: Path) -> None:
    assert "XAGUSD" in instrument("search", "silver", "us").stdout
    answer = instrument("add", "XAG-USD", "--price", "24.5")
    assert answer.exit_code == 0, answer.stderr
    assert "pip and digits: 0.01 and 3" in answer.stdout
    assert "calendar: metals" in answer.stdout
    assert "costs: " in answer.stdout
    own = home / "instruments.toml"
    assert stat.S_IMODE(own.stat().st_mode) & 0o077 == 0
    found = instrument_of("XAGUSD", "dukascopy")
    assert (found.digits, found.pip, found.calendar, found.kind) == (3, 0.01, "metals", "metal")
    assert "instruments.toml" in instrument("list").stdout
    assert "Silver vs US Dollar" in instrument("show", "XAGUSD").stdout
    assert "indices" in instrument("search", "US", "500", "index").stdout


def test_what_a_file_holds_already_stays_and_a_second_entry_comes_behind(home: Path) -> None:
    own = home / "instruments.toml"
    own.write_text("# mine\n")
    assert instrument("add", "XAGUSD", "--price", "24.5").exit_code == 0
    assert instrument("add", "USA500IDXUSD", "--price", "5000").exit_code == 0
    text = own.read_text()
    assert text.startswith("# mine\n")
    assert text.index("[XAGUSD]") < text.index("[USA500IDXUSD]")
    again = instrument("add", "XAGUSD", "--price", "30")
    assert again.exit_code == 1
    assert "commission_per_million = 52.5" in text
    assert "[XAGUSD]: Expected a symbol that it has not yet, was one" in again.stderr
    assert own.read_text() == text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["add", "XAGUSD"],
            "Expected --price, roughly that of one XAG in USD, as dukascopy has none, was none",
        ),
        (["add", "USDTRY"], "Expected --quote-in-usd, the price of one TRY in USD"),
        (["add", "DEU.IDX-EUR", "--price", "1"], "Expected --calendar for DEU.IDX-EUR"),
        (["add", "IE0005023803.FN-EUR"], "Expected --symbol for IE0005023803.FN-EUR"),
        (["add", "XAGUSD", "--price", "1", "--calendar", "comex"], "XAGUSD.calendar: Expected one of always"),
        (["add", "EURUSD"], "EURUSD comes along already"),
        (["add", "SILVERX"], "Expected a symbol or code of the vendor's catalogue, was 'SILVERX'"),
        (["search", "no such thing"], "Expected words of a code or a description"),
        (["show", "XAGUSD"], "Symbol 'XAGUSD' has no metadata"),
        (["add", "XAGUSD", "--from-mt5", "XAGUSD.m"], "Expected --kind and --calendar with --from-mt5"),
    ],
)
def test_what_is_left_to_say_is_a_line_and_nothing_is_written(
    home: Path, arguments: list[str], said: str
) -> None:
    answer = instrument(*arguments)
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert not (home / "instruments.toml").exists()


def test_a_profile_that_names_symbols_before_they_are_added_lets_them_be_added(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (files("ticklake_assets.core") / "cost_profiles" / "dukascopy.toml").read_text(encoding="utf-8")
    named = "".join(f"\n[instruments.{each}]\nslippage_pips = 3\n" for each in ("XAGUSD", "XPTUSD"))
    (home / "mine.toml").write_text(shipped + named)
    monkeypatch.setenv("TICKLAKE_COSTS", "mine.toml")
    with pytest.raises(SetupError, match=r"\[instruments.XAGUSD\] Expected a symbol that is known"):
        instrument_of("EURUSD")
    for symbol, code in (("XAGUSD", "XAG-USD"), ("XPTUSD", "XPT.CMD-USD")):
        assert (
            instrument("add", code, "--symbol", symbol, "--price", "24.5", "--calendar", "metals").exit_code
            == 0
        )


def test_an_entry_that_would_spoil_the_file_is_not_written(home: Path) -> None:
    own = home / "instruments.toml"
    own.write_text("# mine\n")
    with pytest.raises(SetupError, match=r"XAGUSD.kind: Expected a value, was absent"):
        append_entry(own, "XAGUSD", "\n[XAGUSD]\n")
    assert own.read_text() == "# mine\n"


@dataclass(frozen=True)
class SymbolInfo:
    """The fields that MetaTrader 5 documents of symbol_info, those that are read."""

    name: str = "US500.m"
    description: str = "US 500 Index"
    digits: int = 2
    point: float = 0.01
    trade_tick_size: float = 0.25
    trade_stops_level: int = 50
    trade_contract_size: float = 1.0
    currency_base: str = "USD"
    currency_profit: str = "USD"
    swap_mode: int = 1
    swap_long: float = -80.0
    swap_short: float = 20.0
    swap_rollover3days: int = 5
    bid: float = 5000.25


class Terminal:
    """A stand-in for the vendor's module with one symbol, given through the product's own seam."""

    def __init__(self, info: SymbolInfo | None, *, runs: bool = True) -> None:
        self._info, self._runs = info, runs
        self.is_shut = False

    def initialize(self) -> bool:
        return self._runs

    def shutdown(self) -> None:
        self.is_shut = True

    def last_error(self) -> tuple[int, str]:
        return (-10003, "IPC initialize failed") if not self._runs else (-4, "Not found")

    def terminal_info(self) -> SimpleNamespace:
        return SimpleNamespace(connected=True)

    def symbol_select(self, symbol: str, enable: bool) -> bool:  # noqa: FBT001 - as the vendor has it
        return enable and self._info is not None and symbol == self._info.name

    def symbol_info(self, symbol: str) -> SymbolInfo | None:
        return self._info if self._info and symbol == self._info.name else None


def test_a_terminals_facts_are_an_entry(home: Path) -> None:
    terminal = Terminal(SymbolInfo())
    draft = from_terminal("US500.m", "US500", "index", "indices", None, "dukascopy", lambda: terminal)
    assert terminal.is_shut
    append_entry(home / "instruments.toml", "US500", draft.toml())
    found = instrument_of("US500", "dukascopy")
    assert (found.digits, found.pip, found.tick_points, found.stops_level_points) == (2, 0.1, 25, 50)
    assert (found.base, found.quote, dict(found.codes)) == ("US500", "USD", {"mt5": "US500.m"})
    assert (found.costs.swap_long_pips, found.costs.swap_short_pips) == (8.0, -2.0)
    assert found.costs.nights == (1, 1, 1, 1, 3, 0, 0)
    assert found.costs.account.reference_price == 5000.25
    assert any("commission is in no field of the terminal, it is assumed" in each for each in draft.checks)
    assert found.costs.commission.share == 52.5e-6


def test_a_commission_is_assumed_only_where_the_profile_has_none_of_the_kind() -> None:
    draft = draft_of(SymbolInfo(name="XAGUSD"), "XAGUSD", "metal", "metals", None, "dukascopy")
    assert not any(key.startswith("commission") for key in draft.values["costs"])
    assert any("it is of the profile" in each for each in draft.checks)


def test_a_swap_that_is_no_points_is_left_to_the_person() -> None:
    draft = draft_of(replace(SymbolInfo(), swap_mode=5), "US500", "index", "indices", None, "dukascopy")
    assert draft.values["costs"]["swap_long_pips"] == 0.0
    assert any("swap: the terminal states it in mode 5" in each for each in draft.checks)


def test_a_terminal_that_does_not_answer_or_has_no_such_symbol_is_named() -> None:
    with pytest.raises(SetupError, match=r"Expected a running terminal, was error -10003"):
        from_terminal("X", "XAGUSD", "metal", "metals", None, "dukascopy", lambda: Terminal(None, runs=False))
    with pytest.raises(SetupError, match=r"Expected a symbol of the broker's, was 'X'"):
        from_terminal("X", "XAGUSD", "metal", "metals", None, "dukascopy", lambda: Terminal(None))
    with pytest.raises(SetupError, match="nothing there"):
        from_terminal("X", "XAGUSD", "metal", "metals", None, "dukascopy", _absent)


def _absent() -> Terminal:
    raise TerminalError("nothing there")


DAY_OF_SILVER = """
from datetime import date
import dagster as dg
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets.modeling.deployed.manifest import OrderRules
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings

day = SymbolDay("XAGUSD", date(2024, 1, 9))
graph = defs()
with dg.DagsterInstance.ephemeral() as instance:
    materialize_range(graph, dg.AssetSelection.groups("landing", "raw", "parquet"), [day], instance)
rows = Lake.from_settings(Settings()).parquet.require(day).rows
rules = OrderRules.of(instrument_of("XAGUSD"))
print(rows, rules.calendar, rules.digits, label_version(instrument_of("XAGUSD")).startswith("2"))
"""


def test_a_day_of_an_added_instrument_runs_from_its_file_to_typed_rows(home: Path) -> None:
    """In a process of its own, as partitions are made when the graph is loaded."""
    assert instrument("add", "XAGUSD", "--price", "24.5").exit_code == 0
    ticks = home / "ticks" / "XAGUSD_2024-01-09.csv"
    ticks.parent.mkdir()
    lines = [f"2024-01-09T{hour:02}:{minute:02}:00.000000Z,23.1{minute % 10}0,23.1{minute % 10}5,1,1"
             for hour in range(24) if hour != 22 for minute in range(60)]  # fmt: skip
    ticks.write_text("\n".join(["ts_event,bid,ask,bid_size,ask_size", *lines, ""]))
    environment = os.environ | {"TICKLAKE_SOURCE": "folder", "TICKLAKE_SOURCE_DIR": str(ticks.parent)}
    done = subprocess.run(
        [sys.executable, "-c", DAY_OF_SILVER], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(23 * 60), "metals-25725e89", "3", "True"], done.stderr[-3000:]
    assert "inside its session" not in done.stderr  # the hour's break is no silence
