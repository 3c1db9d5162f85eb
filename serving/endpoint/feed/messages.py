"""Messages of the stream, read by hand: pydantic takes longer than the rest of a tick.

A number is a JSON number; what JSON cannot say travels as the string "nan", "inf" or "-inf"; null is missing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import orjson

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError

MOST_TICKS = 16_384
"""Ticks of one message."""
COLUMNS = ("ts_us", "bid", "ask", "bid_size", "ask_size")
_TICK_FIELDS = frozenset(("seq", *COLUMNS))
_MISSING_BITS = (
    rule_kernel.NO_TIME,
    rule_kernel.NO_BID,
    rule_kernel.NO_ASK,
    rule_kernel.NO_BID_SIZE,
    rule_kernel.NO_ASK_SIZE,
)
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_LARGEST_INT = 2**63
LARGEST_SEQ = _LARGEST_INT - MOST_TICKS - 1
_SHOWN = 200
"""Characters of a bad message that its error repeats."""


class Tick(NamedTuple):
    """One tick as plain numbers, which are faster than columns of one row; a missing one is 0."""

    seq: int
    ts_us: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    missing: int
    """What it lacks, `rule_kernel.NO_...`."""

    def as_ticks(self) -> Ticks:
        bid, ask, bid_size, ask_size = (np.array([number]) for number in self[2:6])
        columns = RawColumns(
            np.array([self.ts_us]), bid, ask, bid_size, ask_size, np.array([self.missing], np.uint8)
        )
        return Ticks(self.seq, columns)


class Ticks(NamedTuple):
    """Ticks in the order of the feed."""

    first_seq: int
    columns: RawColumns

    def __len__(self) -> int:
        return len(self.columns.ts_us)

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self) - 1


class Start(NamedTuple):
    """Begin the day anew."""

    complete: bool
    """The next tick is the day's first."""
    rolls: bool
    """Ticks of a later day turn the day; else they are of the wrong day, as in a file of one day."""
    is_pipelined: bool
    """Single ticks are not answered each: acknowledgements say up to which."""


class Resume(NamedTuple):
    """Ask where the stream stands."""

    acknowledged: int | None
    """The last `seq` whose answer arrived: what was said of later ones is said again."""
    is_pipelined: bool


class BackFill(NamedTuple):
    """Ticks of the day from before the stream began; they have no `seq`."""

    columns: RawColumns


class BackFilled(NamedTuple):
    """The back-fill reaches up to the stream's first tick: the day is whole."""


Message = Tick | Ticks | Start | Resume | BackFill | BackFilled


def read_message(text: str | bytes) -> Message:
    """Read a message, or say which field is wrong, what was expected and what was there."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise DataError(f"Message: Expected JSON ({error}), was {text[:_SHOWN]!r}") from None
    if not isinstance(body, dict):
        raise DataError(f"Message: Expected a JSON object, was {text[:_SHOWN]!r}")
    return _control(body) if "type" in body else _tick(body)


def seq_of(text: str | bytes) -> int | None:
    """The number that a message bears, if it has one, for the error that answers it."""
    try:
        seq = orjson.loads(text)["seq"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None
    return seq if type(seq) is int else None


def _control(body: dict[str, Any]) -> Message:
    match body["type"]:
        case "ticks":
            return Ticks(_seq(body.get("seq")), read_columns(body, ("type", "seq")))
        case "start":
            _only(body, ("type", "complete", "rolls", "pipelined"))
            return Start(
                _flag(body, "complete", None), _flag(body, "rolls", True), _flag(body, "pipelined", False)
            )
        case "resume":
            _only(body, ("type", "acknowledged", "pipelined"))
            known = body.get("acknowledged")
            return Resume(
                None if known is None else _seq(known, "acknowledged"), _flag(body, "pipelined", False)
            )
        case "backfill":
            return BackFill(read_columns(body, ("type",)))
        case "backfilled":
            _only(body, ("type",))
            return BackFilled()
        case kind:
            known_kinds = "'ticks', 'start', 'resume', 'backfill' or 'backfilled' (a single tick has none)"
            raise DataError(f"Field 'type': Expected {known_kinds}, was {_shown(kind)}")


def read_columns(body: dict[str, Any], others: tuple[str, ...]) -> RawColumns:
    """Ticks as five columns of one length, or as `rows` of five values each, in the columns' order."""
    if "rows" in body:
        _only(body, (*others, "rows"))
        rows = body["rows"]
        if type(rows) is not list or not all(type(row) is list and len(row) == len(COLUMNS) for row in rows):
            raise DataError(f"Field 'rows': Expected lists of {', '.join(COLUMNS)}, was {_shown(rows)}")
        values: list[Any] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
    else:
        _only(body, (*others, *COLUMNS))
        values = [body.get(name) for name in COLUMNS]
    for name, column in zip(COLUMNS, values, strict=True):
        if type(column) is not list:
            raise DataError(f"Field {name!r}: Expected a list with a value a tick, was {_shown(column)}")
        if len(column) != len(values[0]):
            raise DataError(
                f"Field {name!r}: Expected {len(values[0])} values as in ts_us, were {len(column)}"
            )
    if not 1 <= len(values[0]) <= MOST_TICKS:
        raise DataError(f"Message: Expected 1 to {MOST_TICKS} ticks, were {len(values[0])}")
    return _as_columns(values)


def _as_columns(values: list[list[Any]]) -> RawColumns:
    missing = np.zeros(len(values[0]), dtype=np.uint8)
    columns: list[Any] = []
    for name, column, bit in zip(COLUMNS, values, _MISSING_BITS, strict=True):
        is_time = name == "ts_us"
        wanted = int if is_time else float
        if not all(type(value) is wanted for value in column):
            column = [_value(name, value) for value in column]
            for at, value in enumerate(column):
                if value is None:
                    missing[at] |= bit
                    column[at] = 0
        try:
            columns.append(np.array(column, dtype=np.int64 if is_time else np.float64))
        except OverflowError:
            raise _wrong(name, max(column, key=abs)) from None
    ts_us, bid, ask, bid_size, ask_size = columns
    return RawColumns(ts_us, bid, ask, bid_size, ask_size, missing)


def _tick(body: dict[str, Any]) -> Tick:
    try:
        seq, ts_us = body["seq"], body["ts_us"]
        numbers = body["bid"], body["ask"], body["bid_size"], body["ask_size"]
    except KeyError as absent:
        raise DataError(f"Field {absent}: Expected {_expected(absent.args[0])}, was absent") from None
    if len(body) != len(_TICK_FIELDS):
        _only(body, tuple(_TICK_FIELDS))
    bid, ask, bid_size, ask_size = numbers
    if type(bid) is type(ask) is type(bid_size) is type(ask_size) is float and type(ts_us) is int:
        if not -_LARGEST_INT <= ts_us < _LARGEST_INT:
            raise _wrong("ts_us", ts_us)
        return Tick(_seq(seq), ts_us, bid, ask, bid_size, ask_size, 0)
    columns = _as_columns([[body[name]] for name in COLUMNS])
    ts_us, bid, ask, bid_size, ask_size, missing = (column[0].item() for column in columns)
    return Tick(_seq(seq), ts_us, bid, ask, bid_size, ask_size, missing)


def _seq(value: object, name: str = "seq") -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_SEQ:
        raise _wrong(name, value)
    return value


def _flag(body: dict[str, Any], name: str, default: bool | None) -> bool:  # noqa: FBT001 - a default's value
    value = body.get(name, default)
    if type(value) is not bool:
        raise DataError(f"Field {name!r} of {body['type']}: Expected true or false, was {_shown(value)}")
    return value


def _only(body: dict[str, Any], known: tuple[str, ...]) -> None:
    extra = sorted(set(body) - set(known))
    if extra:
        raise DataError(f"Field {extra[0]!r}: Expected only {', '.join(sorted(known))}, was there")


def _value(name: str, value: object) -> float | int | None:
    if value is None:
        return None
    if name == "ts_us":
        if type(value) is int and -_LARGEST_INT <= value < _LARGEST_INT:
            return value
    elif type(value) is int or type(value) is float:
        return float(value)
    elif isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    raise _wrong(name, value)


def _wrong(name: str, value: object) -> DataError:
    return DataError(f"Field {name!r}: Expected {_expected(name)}, was {_shown(value)}")


def _shown(value: object) -> str:
    return repr(str(value)[:_SHOWN])


def _expected(name: str) -> str:
    if name in ("seq", "acknowledged"):
        return "a whole number, 0 or more"
    if name == "ts_us":
        return "epoch microseconds as a whole number, or null"
    return "a number, null, 'nan', 'inf' or '-inf'"
