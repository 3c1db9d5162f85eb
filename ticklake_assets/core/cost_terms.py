"""A cost profile as its TOML file states it: read, checked, and each wrong word named."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, Literal, get_args

from ticklake_assets.core.errors import SetupError

TRIPLE_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
Kind = Literal["fx", "metal", "crypto", "index", "commodity", "stock", "synthetic"]
KINDS: tuple[str, ...] = get_args(Kind)
_CREDITS = ("swap_long_pips", "swap_short_pips")
_COMMISSIONS = ("commission_per_million", "commission_per_lot", "commission_points")
_ANY_COMMISSION = f"one of {', '.join(_COMMISSIONS)}, 0 where nothing is charged"
_DAY_HOURS = 24
_ABOUT = {"source": str, "date": date, "about": str, "currency": str, "lots": float}


@dataclass(frozen=True)
class Terms:
    """What a profile says of a kind of instrument, or of one: the keys of its tables, with their units."""

    lot_units: float
    """Base units of a lot: 100,000 of a currency, 100 ounces of gold."""
    margin_rate: float
    slippage_pips: float
    """Of one fill."""
    swap_long_pips: float
    """A night; negative is a credit."""
    swap_short_pips: float
    latency_ms: tuple[int, ...]
    """Equally likely values."""
    commission_per_million: float = 0.0
    """A side, in the account currency for a million of it in notional: a share of the price, whatever the currency."""
    commission_per_lot: float = 0.0
    """A side, account currency."""
    commission_points: float = 0.0
    """A side, points of the price."""
    minimum_commission: float = 0.0
    """A side of an order, account currency."""
    markup_pips: float = 0.0
    triple_day: str = "wednesday"
    """Whose night counts three, the weekend's none; `none`: every night counts one."""
    slippage_sessions: tuple[dict[str, float], ...] = ()
    """`from_hour` up to, without, `to_hour` UTC, and the `factor` there."""
    slippage_sizes: tuple[dict[str, float], ...] = ()
    """`factor` for trades up to so many `lots`, ascending; the last one holds for larger ones, too."""


@dataclass(frozen=True)
class CostProfile:
    """One file, checked."""

    name: str
    source: str
    dated: date
    """When the source said so."""
    about: str
    currency: str
    lots: float
    rates: dict[str, float]
    """Account currency for one unit of a currency (or ounce, or coin), the account's own included."""
    rates_date: date
    kinds: dict[str, dict[str, Any]]
    instruments: dict[str, dict[str, Any]]

    def terms(self, symbol: str, kind: str, own: Mapping[str, Any]) -> Terms:
        """Those of the instrument's kind, with those of its own entry, with what the profile says of it itself."""
        stated = {**self.kinds.get(kind, {}), **own, **self.instruments.get(symbol, {})}
        if missing := _missing(stated):
            raise SetupError(
                f"Cost profile {self.name} says nothing of {symbol}. Expected a table [{kind}], was "
                f"{', '.join(f'[{each}]' for each in sorted(self.kinds)) or 'none'}; or {', '.join(missing)} in "
                "`costs` of the instrument's own entry"
            )
        return Terms(**stated)


def read_profile(name: str, text: str) -> CostProfile:
    """Parse a profile.

    Raises:
        SetupError: it is no TOML, a key is unknown or missing, or a value is none of its kind.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"Cost profile {name}: Expected TOML, was {error}") from None
    what = f"Cost profile {name}"
    about = {key: _stated(what, tables.pop(key, None), key, kind) for key, kind in _ABOUT.items()}
    rates = _table(what, "rates", tables.pop("rates", None))
    rates_date = _stated(what, rates.pop("date", None), "rates.date", date)
    currency = about["currency"]
    if rates.get(currency, 1) != 1:
        raise _wrong(what, f"rates.{currency}", "nothing or 1, the account's own", rates[currency])
    instruments = _table(what, "instruments", tables.pop("instruments", {}))
    if unknown := sorted(tables.keys() - set(KINDS)):
        raise SetupError(f"Cost profile {name}: Expected tables {', '.join(KINDS)}, was {unknown[0]}")
    of_kinds = {kind: expect_terms(what, kind, table) for kind, table in tables.items()}
    for kind, terms in of_kinds.items():
        if missing := _missing(terms):
            raise SetupError(f"Cost profile {name}: [{kind}] Expected {', '.join(missing)}, was absent")
    of_symbols = {
        symbol: expect_terms(what, f"instruments.{symbol}", table) for symbol, table in instruments.items()
    }
    return CostProfile(
        name=name,
        source=about["source"],
        dated=about["date"],
        about=about["about"],
        currency=about["currency"],
        lots=about["lots"],
        rates={str(about["currency"]): 1.0}
        | {key: _number(what, f"rates.{key}", value, positive=True) for key, value in rates.items()},
        rates_date=rates_date,
        kinds=of_kinds,
        instruments=of_symbols,
    )


def _missing(stated: Mapping[str, Any]) -> list[str]:
    """Keys without which there are no terms; a commission is one: nothing is free because nobody wrote it down."""
    required = [each.name for each in fields(Terms) if each.default is MISSING and each.name not in stated]
    is_charged = any(each in stated for each in _COMMISSIONS)
    return required if is_charged else [*required, _ANY_COMMISSION]


def expect_terms(name: str, where: str, table: Any) -> dict[str, Any]:
    """The table's keys as `Terms` takes them; SetupError names a wrong one after `name` and `where`."""
    known = {each.name for each in fields(Terms)}
    taken: dict[str, Any] = {}
    for key, value in _table(name, where, table).items():
        place = f"{where}.{key}"
        if key not in known:
            raise SetupError(f"{name}: {place}: Expected one of {', '.join(sorted(known))}")
        if key == "triple_day":
            if value not in (*TRIPLE_DAYS, "none"):
                raise _wrong(name, place, f"one of {', '.join(TRIPLE_DAYS)} or none", value)
            taken[key] = value
        elif key == "latency_ms":
            if not _is_list(value) or not all(type(each) is int and 0 <= each <= 60_000 for each in value):
                raise _wrong(name, place, "whole milliseconds, 0 to 60,000, at least one", value)
            taken[key] = tuple(value)
        elif key in ("slippage_sessions", "slippage_sizes"):
            wanted = {"from_hour", "to_hour", "factor"} if key == "slippage_sessions" else {"lots", "factor"}
            if not isinstance(value, list) or any(
                not isinstance(row, dict) or row.keys() != wanted for row in value
            ):
                raise _wrong(name, place, f"rows of {', '.join(sorted(wanted))}", value)
            taken[key] = tuple(
                {word: _number(name, f"{place}.{word}", number) for word, number in row.items()}
                for row in value
            )
            for row in taken[key] if key == "slippage_sessions" else ():
                begin, end = row["from_hour"], row["to_hour"]
                if not (begin < end <= _DAY_HOURS and begin.is_integer() and end.is_integer()):
                    expected = "whole hours, from_hour before to_hour up to 24, two rows over midnight"
                    raise _wrong(name, place, expected, f"{begin:g} to {end:g}")
        else:
            taken[key] = _number(
                name, place, value, signed=key in _CREDITS, positive=key in ("lot_units", "margin_rate")
            )
            if key == "margin_rate" and taken[key] > 1:
                raise _wrong(name, place, "a share of the notional, at most 1", value)
    return taken


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _table(name: str, where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, f"[{where}]", "a table", value)
    return dict(value)


def _stated(name: str, value: object, where: str, kind: type) -> Any:
    if kind is float:
        return _number(name, where, value, positive=True)
    if type(value) is not kind or value == "":
        raise _wrong(name, where, "a date like 2024-06-28" if kind is date else "text", value)
    return value


def _number(name: str, where: str, value: object, *, signed: bool = False, positive: bool = False) -> float:
    is_number = type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    if not is_number or (not signed and value < 0) or (positive and value == 0):  # type: ignore[operator]
        expected = "a number" if signed else "a number above 0" if positive else "a number, 0 or more"
        raise _wrong(name, where, expected, value)
    return float(value)  # type: ignore[arg-type]


def _wrong(name: str, where: str, expected: str, value: object) -> SetupError:
    return SetupError(f"{name}: {where}: Expected {expected}, was {value!r:.80}")
