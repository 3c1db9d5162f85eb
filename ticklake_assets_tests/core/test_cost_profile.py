"""Profiles as files: which there are, what a wrong one says, and what a word in one does."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.cost_profile import (
    COSTS_VARIABLE,
    chosen_profile,
    costs_of,
    expect_profile,
    load_profile,
    profile_names,
)
from ticklake_assets.core.cost_terms import read_profile
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of

MINE = """
source = "https://broker.example/fees"
date = 2024-01-31
about = "Mine."
currency = "EUR"
lots = 20

[rates]
date = 2024-01-31
USD = 0.92
JPY = 0.0062

[fx]
lot_units = 100_000
margin_rate = 0.05
commission_per_lot = 3.0
minimum_commission = 80
slippage_pips = 0.2
slippage_sizes = [{ lots = 10, factor = 1.0 }, { lots = 50, factor = 2.5 }]
swap_long_pips = 0.4
swap_short_pips = -0.1
latency_ms = [100, 300]
"""


def mine(folder: Path, text: str = MINE) -> str:
    file = folder / "mine.toml"
    file.write_text(text)
    return str(file)


def test_each_profile_that_comes_along_prices_every_symbol_and_says_its_source() -> None:
    assert profile_names() == ["dukascopy", "raw_spread", "spread_only"]
    for name in profile_names():
        held = load_profile(name)
        assert re.match("https://", held.source)
        assert held.about.endswith(".")
        versions = {instrument_of(symbol, name).costs.version for symbol in INSTRUMENTS}
        assert len(versions) == len(INSTRUMENTS)


def test_the_synthetic_markets_cost_the_same_in_each() -> None:
    for name in profile_names():
        costs = instrument_of("SYNEUR", name).costs
        assert (costs.profile, costs.slippage_pips, costs.latency_ms) == ("synthetic", 0.1, (200,))
        assert (costs.commission, costs.markup_pips, costs.swap_long_pips) == (ByPrice(), 0.0, 0.0)
        assert set(costs.slippage_by_hour) == {1.0}
    assert instrument_of("SYNJPY").costs.slippage_pips == 0.2


def test_the_variable_chooses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(COSTS_VARIABLE, raising=False)
    assert (chosen_profile(), instrument_of("EURUSD").costs.profile) == ("dukascopy", "dukascopy")
    monkeypatch.setenv(COSTS_VARIABLE, "spread_only")
    assert instrument_of("EURUSD").costs.markup_pips == 0.8
    monkeypatch.setenv(COSTS_VARIABLE, mine(tmp_path))
    assert instrument_of("EURUSD").costs.profile == "mine"
    monkeypatch.setenv(COSTS_VARIABLE, "cheap")
    with pytest.raises(
        SetupError, match=r"one of dukascopy, raw_spread, spread_only, or a TOML file .* 'cheap'"
    ):
        instrument_of("EURUSD")


@pytest.mark.parametrize("name", ["synthetic", "", "../dukascopy", "none.toml"])
def test_what_is_no_profile_is_refused(name: str) -> None:
    with pytest.raises(SetupError, match="Expected one of dukascopy"):
        expect_profile(name)


def test_a_minimum_and_a_size_are_of_the_profile_s_trade(tmp_path: Path) -> None:
    """20 lots in EUR: 3 a lot is 3e-5 of the base, 80 an order is 4e-5; slippage of the band up to 50 lots."""
    costs = costs_of("EURUSD", "fx", 5, mine(tmp_path))
    assert costs.commission == ByPrice(share=3e-5)
    assert costs.minimum_commission == ByPrice(share=4e-5)
    assert costs.slippage_pips == pytest.approx(0.5)
    assert (costs.account.units, costs.account.rate) == (2_000_000, 0.92)
    cross = costs_of("USDJPY", "fx", 3, mine(tmp_path))
    assert cross.commission.fixed == pytest.approx(3e-5 / 0.0062)
    assert cross.commission_from == "EUR 0.0062 a JPY of 2024-01-31"
    assert cross.account.reference_price == pytest.approx(0.92 / 0.0062)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lots = 20", "lots = 0", "lots: Expected a number above 0, was 0"),
        ("lots = 20", "", "lots: Expected a number above 0, was None"),
        ("margin_rate = 0.05", "", r"\[fx\] Expected margin_rate, was absent"),
        (
            "slippage_pips = 0.2",
            "slippage_pips = nan",
            "fx.slippage_pips: Expected a number, 0 or more, was nan",
        ),
        ("slippage_pips = 0.2", "slipage = 0.2", "fx.slipage: Expected one of commission_per_lot"),
        (
            "slippage_pips = 0.2",
            "slippage_pips = true",
            "fx.slippage_pips: Expected a number, 0 or more, was True",
        ),
        ("latency_ms = [100, 300]", "latency_ms = []", "fx.latency_ms: Expected whole milliseconds"),
        ("latency_ms = [100, 300]", 'triple_day = "sunday"', "fx.triple_day: Expected one of monday"),
        ("lots = 10", "size = 10", "fx.slippage_sizes: Expected rows of factor, lots"),
        ("[fx]", "[forex]", "Expected tables fx, metal, crypto, index, .* was forex"),
        (
            "date = 2024-01-31\nabout",
            'date = "today"\nabout',
            "date: Expected a date like 2024-06-28, was 'today'",
        ),
        ("[fx]", "[fx", "Expected TOML"),
        ("USD = 0.92", "USD = 0", "rates.USD: Expected a number above 0, was 0"),
        ("USD = 0.92", "EUR = 0.92", "rates.EUR: Expected nothing or 1, the account's own, was 0.92"),
        ("margin_rate = 0.05", "margin_rate = 5", "fx.margin_rate: Expected a share .* at most 1, was 5"),
        ("commission_per_lot = 3.0", "", r"\[fx\] Expected one of commission_per_million, .*, was absent"),
        *(
            (
                "latency_ms",
                f"slippage_sessions = [{{ from_hour = {begin}, to_hour = {end}, factor = 3.0 }}]\nlatency_ms",
                f"fx.slippage_sessions: Expected whole hours, .*, was '{begin} to {end}'",
            )
            for begin, end in ((22, 2), (9, 9), (9.5, 11), (20, 25))
        ),
    ],
)
def test_a_wrong_word_is_named(old: str, new: str, said: str) -> None:
    assert old in MINE
    with pytest.raises(SetupError, match=f"Cost profile mine: .*{said}"):
        read_profile("mine", MINE.replace(old, new, 1))


def test_a_rate_the_wrong_way_round_is_noticed(tmp_path: Path) -> None:
    """Yen for a euro in place of euros for a yen: 3 euro a lot would be 2e-7 yen a unit, and free."""
    upside_down = mine(tmp_path, MINE.replace("JPY = 0.0062", "JPY = 161"))
    with pytest.raises(SetupError, match=r"mine: \[rates\] .*USDJPY is near 160.6, was 0.005714"):
        instrument_of("USDJPY", upside_down)
    assert instrument_of("EURUSD", upside_down).costs.account.rate == 0.92


def test_what_a_profile_says_nothing_of_can_t_be_traded(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"mine says nothing of XAUUSD. Expected a table \[metal\], was \[fx\]"
    ):
        instrument_of("XAUUSD", mine(tmp_path))
    with pytest.raises(SetupError, match=r"\[rates\] Expected GBP for GBPJPY, was absent"):
        instrument_of("GBPJPY", mine(tmp_path))


def test_profiles_are_part_of_the_package() -> None:
    """Hatch takes what git tracks of a package: they are found in a wheel as they are here."""
    there = {each.name for each in (files("ticklake_assets.core") / "cost_profiles").iterdir()}
    assert there == {*(f"{name}.toml" for name in profile_names()), "synthetic.toml"}
