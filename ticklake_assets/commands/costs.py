"""`ticklake costs`: what a round turn of each symbol costs by profile, or every number of one symbol."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.cost_profile import chosen_profile, load_profile, profile_names
from ticklake_assets.core.costs import round_turn_cost
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of
from ticklake_assets.core.rounding import shown


def show_costs(symbol: str | None, profile: str | None, console: Console, *, as_json: bool) -> None:
    """SetupError where there is no such profile, DataError where there is no such symbol."""
    if symbol is not None:
        _one(symbol, profile, console, as_json=as_json)
        return
    profiles = [profile] if profile else sorted({*profile_names(), chosen_profile()})
    pips = {each: {name: round_turn_pips(each, name) for name in profiles} for each in sorted(INSTRUMENTS)}
    if as_json:
        console.print_json(json.dumps(pips))
        return
    table = Table("symbol", *(Column(each, justify="right") for each in profiles))
    for name, row in pips.items():
        table.add_row(name, *(f"{value:.2f}" for value in row.values()))
    console.print(table)
    for each in profiles:
        held = load_profile(each)
        console.print(f"{each}, {held.dated}: {held.about}", highlight=False)
    console.print(
        "Slippage, commission and mark-up of a round turn in ordinary hours, without the feed's spread."
    )


def round_turn_pips(symbol: str, profile: str) -> float:
    """At the price that the profile's own rates make, in ordinary hours and over no night."""
    instrument = instrument_of(symbol, profile)
    price = instrument.costs.account.reference_price
    return round_turn_cost(instrument, price, price) / instrument.pip


def _one(symbol: str, profile: str | None, console: Console, *, as_json: bool) -> None:
    costs = instrument_of(symbol, profile).costs
    told = {"version": costs.version, **asdict(costs)}
    if as_json:
        console.print_json(json.dumps(told))
        return
    table = Table("of", symbol)
    for name, value in told.items():
        table.add_row(name.replace("_", " "), shown(value))
    console.print(table)
