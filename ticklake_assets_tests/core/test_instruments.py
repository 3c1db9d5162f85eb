"""The symbols that come along are what they were; a file of one's own adds to them, or says what is wrong with it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ticklake_assets.core.cost_profile import COSTS_VARIABLE, chosen_profile
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import INSTRUMENTS, Instrument, instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.market_tables import INSTRUMENTS_VARIABLE
from ticklake_assets.core.orders import width_on_grid
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.symbol_hour import SymbolHour

ROOT = Path(__file__).parents[2]
MONTH, DEMO = Windows(10, 3, 3), Windows(8, 2, 2)
FROZEN = {  # as they stood in code, before they were data
    "AUDUSD": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-c4d588f3"),
    "BTCUSD": (
        1,
        1.0,
        "crypto",
        "crypto",
        20_000,
        MONTH,
        "2-7821dfc2",
    ),  # its hours are those of `always` still
    "EURGBP": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-e0ecd0fd"),
    "EURJPY": (3, 1e-2, "fx", "fx", 20_000, MONTH, "2-6a1a7512"),
    "EURUSD": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-80b547a0"),
    "GBPJPY": (3, 1e-2, "fx", "fx", 20_000, MONTH, "2-bac2aa5f"),
    "GBPUSD": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-e02b1621"),
    "NZDUSD": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-1efe9ceb"),
    "SYNEUR": (5, 1e-4, "always", "synthetic", 5_000, DEMO, "2-1616f4eb"),
    "SYNJPY": (3, 1e-2, "always", "synthetic", 5_000, DEMO, "2-d9fd8ebd"),
    "USDCAD": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-4d6b38a4"),
    "USDCHF": (5, 1e-4, "fx", "fx", 20_000, MONTH, "2-23370900"),
    "USDJPY": (3, 1e-2, "fx", "fx", 20_000, MONTH, "2-dd882f7f"),
    "XAUUSD": (
        3,
        0.1,
        "metals",
        "metal",
        20_000,
        MONTH,
        "2-1b2a7278",
    ),  # was 2-d2c89466, by the hours of currencies
}
SILVER = """
[XAGUSD]
kind = "metal"
calendar = "metals"
digits = 3
pip = 0.01
min_open_ticks = 10_000
windows = { train_days = 10, validate_days = 3, test_days = 3 }
price = 24.5
"""
INDEX = """
[USA500IDXUSD]
kind = "index"
calendar = "mine"
digits = 3
pip = 1
tick_points = 250
min_open_ticks = 10_000
windows = { train_days = 10, validate_days = 3, test_days = 3 }
price = 5000
codes = { dukascopy = "USA500.IDX-USD", mt5 = "US500.m" }

[USA500IDXUSD.costs]
lot_units = 1
margin_rate = 0.05
slippage_pips = 0.2
swap_long_pips = 0
swap_short_pips = 0
commission_per_lot = 0.5
latency_ms = [200]

[calendars.mine]
about = "mine"
zone = "America/New_York"
sessions = ["monday 09:30 - monday 16:00"]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, in a home of its own."""
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    monkeypatch.setenv(INSTRUMENTS_VARIABLE, "mine.toml")
    return tmp_path / "mine.toml"


def test_those_that_come_along_are_what_they_were() -> None:
    assert list(INSTRUMENTS) == sorted(FROZEN)
    for symbol, (digits, pip, calendar, kind, least, windows, version) in FROZEN.items():
        facts = replace(INSTRUMENTS[symbol], price_range=None)  # what is odd at landing, and no rule
        assert facts == Instrument(symbol, digits, pip, calendar, kind, least, windows)
        assert label_version(instrument_of(symbol, "dukascopy")) == version
        assert INSTRUMENTS[symbol].vendor_code == f"{symbol[:3]}-{symbol[3:]}"
        assert (INSTRUMENTS[symbol].base, INSTRUMENTS[symbol].quote) == (symbol[:3], symbol[3:])


def test_a_file_of_ones_own_adds_to_them(own: Path) -> None:
    own.write_text(SILVER + INDEX)
    assert set(INSTRUMENTS) == {*FROZEN, "XAGUSD", "USA500IDXUSD"}
    silver, index = instrument_of("XAGUSD", "dukascopy"), instrument_of("USA500IDXUSD", "dukascopy")
    assert (silver.base, silver.vendor_code, silver.bi5_code) == ("XAG", "XAG-USD", "XAGUSD")
    assert silver.costs.account.reference_price == 24.5
    assert index.vendor_code == "USA500.IDX-USD"
    hour = SymbolHour(SymbolDay("USA500IDXUSD", date(2024, 1, 8)), 9)
    assert hour.json_path == "USA500.IDX-USD/2024/1/8/9"
    assert index.costs.slippage_pips == 0.2
    assert index.costs.commission.fixed == 0.5


def test_an_entry_s_own_costs_state_a_commission_where_the_profile_has_none(own: Path) -> None:
    """Nothing is free because nobody wrote it down; of a kind that the profile has, its commission counts."""
    own.write_text(INDEX.replace("commission_per_lot = 0.5\n", ""))
    said = r"says nothing of USA500IDXUSD. .*; or one of commission_per_million, .* 0 where nothing is charged in"
    with pytest.raises(SetupError, match=said):
        instrument_of("USA500IDXUSD", "dukascopy")
    own.with_name("free.toml").write_text(INDEX.replace("commission_per_lot = 0.5", "commission_points = 0"))
    own.with_name("silver.toml").write_text(SILVER + "costs = { slippage_pips = 2 }\n")
    with pytest.MonkeyPatch.context() as other:
        other.setenv(INSTRUMENTS_VARIABLE, "free.toml")
        assert instrument_of("USA500IDXUSD", "dukascopy").costs.commission.fixed == 0.0
        other.setenv(INSTRUMENTS_VARIABLE, "silver.toml")
        assert instrument_of("XAGUSD", "dukascopy").costs.commission.share == 52.5e-6


def test_the_example_of_the_docs_can_be_traded(own: Path) -> None:
    page = (ROOT / "docs" / "instruments.md").read_text(encoding="utf-8")
    example = next(block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if ".costs]" in block)
    own.write_text(example)
    assert instrument_of("USA500IDXUSD", "dukascopy").costs.commission.share > 0


def test_a_table_of_a_profile_for_a_symbol_that_nobody_knows_is_named(own: Path, tmp_path: Path) -> None:
    """A misspelt one would price its symbol by its kind, silently; one of the user's own file is known."""
    profile = tmp_path / "broker.toml"
    shipped = (ROOT / "ticklake_assets" / "core" / "cost_profiles" / "dukascopy.toml").read_text(
        encoding="utf-8"
    )
    profile.write_text(shipped + "\n[instruments.XAGUSD]\nslippage_pips = 3\n")
    own.write_text(SILVER)
    assert instrument_of("XAGUSD", str(profile)).costs.slippage_pips == 3
    profile.with_name("typo.toml").write_text(shipped.replace("[instruments.GBPJPY]", "[instruments.GPBJPY]"))
    said = (
        r"Cost profile typo: \[instruments.GPBJPY\] Expected a symbol that is known, .* GBPJPY.*was 'GPBJPY'"
    )
    for symbol in ("GBPJPY", "EURUSD"):
        with pytest.raises(SetupError, match=said):
            instrument_of(symbol, str(profile.with_name("typo.toml")))


def test_an_entry_replaces_the_one_that_comes_along_and_its_labels_are_others(own: Path) -> None:
    entry = SILVER.replace("XAGUSD", "EURUSD").replace("metal", "fx", 1).replace("metals", "fx")
    own.write_text(entry.replace("digits = 3", "digits = 5").replace("0.01", "1e-4"))
    assert label_version(instrument_of("EURUSD", "dukascopy")) == FROZEN["EURUSD"][-1]
    own.with_name("other.toml").write_text(own.read_text().replace("digits = 5", "digits = 4"))
    with pytest.MonkeyPatch.context() as other:
        other.setenv(INSTRUMENTS_VARIABLE, "other.toml")
        assert label_version(instrument_of("EURUSD", "dukascopy")) != FROZEN["EURUSD"][-1]


def test_hours_of_ones_own_calendar_are_part_of_the_label_version(own: Path) -> None:
    own.write_text(INDEX)
    first = label_version(instrument_of("USA500IDXUSD", "dukascopy"))
    own.with_name("other.toml").write_text(INDEX.replace("16:00", "15:00"))
    with pytest.MonkeyPatch.context() as other:
        other.setenv(INSTRUMENTS_VARIABLE, "other.toml")
        assert label_version(instrument_of("USA500IDXUSD", "dukascopy")) != first


def test_a_price_step_of_several_points_is_the_grid_of_barriers() -> None:
    stepped = replace(INSTRUMENTS["EURUSD"], tick_points=25)
    widths = np.array([0.0, 1e-5, 25e-5, 26e-5])
    np.testing.assert_allclose(width_on_grid(widths, stepped), [25e-5, 25e-5, 25e-5, 50e-5])
    assert label_version(replace(stepped, tick_points=1)) != label_version(stepped)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("pip = 0.01", "pipp = 0.01", r"XAGUSD.pipp: Expected about, base, calendar"),
        ("pip = 0.01", 'pip = "0.01"', r"XAGUSD.pip: Expected a valid number, was '0.01'"),
        ("pip = 0.01", "pip = 0.0015", r"XAGUSD: Expected a pip of whole points, which are 0.001, was 0.0015"),
        ("digits = 3", "digits = 3.5", r"XAGUSD.digits: Expected a valid integer, was 3.5"),
        ("digits = 3", "", r"XAGUSD.digits: Expected a value, was absent"),
        ('"metals"', '"metal"', r"XAGUSD.calendar: Expected one of always, crypto, fx, .* was 'metal'"),
        ('"metal"', '"silver"', r"XAGUSD.kind: Expected 'fx', 'metal'.* was 'silver'"),
        ("train_days = 10", "train = 10", r"XAGUSD.windows.train"),
        ("[XAGUSD]", "[xagusd]", r"\[xagusd\]: Expected a symbol of 3 to 12 capital letters and digits"),
        ("[XAGUSD]", "[US500]", r"\[US500\]: Expected `base` and `quote`"),
        ("price = 24.5", "price = 0", r"XAGUSD.price: Expected greater than 0, was 0"),
        ("price = 24.5", "price_range = [3, 2]", r"XAGUSD.price_range: Expected two prices, the lower one first"),
        ("price = 24.5", 'codes = { reuters = "X" }', r"XAGUSD.codes: Expected codes of dukascopy, dukascopy-bi5"),
        ("price = 24.5", 'codes = { mt5 = "../X" }', r"XAGUSD.codes: Expected a code like USA500.IDX-USD"),
        ("price = 24.5", "costs = { swap = 1 }", r"XAGUSD.costs: of the instrument: costs.swap: Expected one of"),
        ("price = 24.5", "price = ", r"Expected TOML"),
        ("price = 24.5", "[calendars.fx]", r"calendars.fx.about: Expected a value, was absent"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_named_with_its_place(
    own: Path, wrong: str, right: str, said: str
) -> None:
    own.write_text(SILVER.replace(wrong, right))
    with pytest.raises(SetupError, match=f"{re.escape(str(own))}: {said}"):
        instrument_of("XAGUSD")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("New_York", "Gotham", r"calendars.mine.zone: Expected a zone like America/New_York, was 'America/Gotham'"),
        ("monday 09:30 - monday", "monday 09:30 to monday", r"calendars.mine.sessions: Expected a session like"),
        ("[calendars.mine]", '[calendars.mine]\nempty_days = ["xmas"]', r"calendars.mine.empty_days: Expected a day"),
        ("[calendars.mine]", '[calendars.mine]\nempty_days = ["02-29"]', r"calendars.mine.empty_days: "),
        (
            "[calendars.mine]",
            '[calendars.mine]\nclosed = [{ on = "12-25", from = "9:30" }]',
            r"calendars.mine.closed.0.from: Expected",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_calendar_is_named_too(own: Path, wrong: str, right: str, said: str) -> None:
    own.write_text(INDEX.replace(wrong, right))
    with pytest.raises(SetupError, match=said):
        instrument_of("USA500IDXUSD")


def test_a_calendar_that_comes_along_keeps_its_meaning(own: Path) -> None:
    own.write_text(INDEX.replace("mine", "fx"))
    with pytest.raises(SetupError, match=r"\[calendars.fx\]: Expected a name of its own"):
        instrument_of("USA500IDXUSD")


def test_an_unknown_symbol_says_which_there_are_and_how_one_is_added() -> None:
    with pytest.raises(DataError, match=r"Expected one of AUDUSD, BTCUSD, .* `ticklake instrument add`"):
        instrument_of("XAGUSD")


def test_a_profile_without_the_rates_says_what_the_entry_may_hold(own: Path) -> None:
    own.write_text(SILVER.replace("price = 24.5", ""))
    with pytest.raises(SetupError, match=r"Expected XAG for XAGUSD, was absent; or `price` in the"):
        instrument_of("XAGUSD", "dukascopy")
    own.with_name("lira.toml").write_text(SILVER.replace("XAGUSD", "XAGTRY"))
    with pytest.MonkeyPatch.context() as other:
        other.setenv(INSTRUMENTS_VARIABLE, "lira.toml")
        with pytest.raises(SetupError, match=r"Expected XAG for XAGTRY|Expected TRY for XAGTRY"):
            instrument_of("XAGTRY", "dukascopy")


def test_relative_files_are_of_the_home_wherever_a_process_runs(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write_text(SILVER)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "XAGUSD" in INSTRUMENTS
    monkeypatch.setenv(COSTS_VARIABLE, "mybroker.toml")
    assert chosen_profile() == str(tmp_path / "mybroker.toml")


def test_a_file_of_the_working_folder_is_not_taken_and_named(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = own.parent / "here"
    here.mkdir()
    (here / "mine.toml").write_text(SILVER)
    monkeypatch.chdir(here)
    with pytest.raises(SetupError, match=r"mine.toml: No such file .*here/mine.toml needs its whole path"):
        instrument_of("XAGUSD")


def test_importing_reads_no_file_and_no_pydantic() -> None:
    program = (
        "import sys; import ticklake_assets.core.instruments, ticklake_assets.core.calendar;"
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'ticklake_assets.core.market_schema')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
