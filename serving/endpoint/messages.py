"""Messages of the stream, read by hand: pydantic takes longer than the rest of a tick.

A number is a JSON number; what JSON cannot say travels as the string "nan", "inf" or "-inf"; null is missing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from ticklake_assets.core.errors import DataError

_TICK_FIELDS = ("seq", "ts_us", "bid", "ask", "bid_size", "ask_size")
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_LARGEST_INT = 2**63
_SHOWN = 200
"""Characters of a bad message that its error repeats."""


class TickMessage(NamedTuple):
    """One tick; `ts_us` is epoch microseconds UTC, None is a missing field."""

    seq: int
    ts_us: int | None
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None


class Start(NamedTuple):
    """Begin the day anew; `complete` says that the next tick is the day's first."""

    complete: bool


class Resume(NamedTuple):
    """Ask where the day's stream stands."""


def read_message(text: str) -> TickMessage | Start | Resume:
    """Read a message, or say which field is wrong, what was expected and what was there."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise DataError(f"Message: Expected JSON ({error}), was {text[:_SHOWN]!r}") from None
    if not isinstance(body, dict):
        raise DataError(f"Message: Expected a JSON object, was {text[:_SHOWN]!r}")
    return _control(body) if "type" in body else _tick(body)


def error_answer(text: str, error: DataError) -> bytes:
    """The answer to a message that could not be used; it names the message's `seq` if there is one."""
    try:
        seq = orjson.loads(text)["seq"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        seq = None
    return orjson.dumps({"type": "error", "seq": seq if type(seq) is int else None, "error": str(error)})


def _control(body: dict[str, Any]) -> Start | Resume:
    kind = body["type"]
    if kind == "start" and type(body.get("complete")) is bool:
        return Start(body["complete"])
    if kind == "start":
        raise DataError(f"Field 'complete' of start: Expected true or false, was {body.get('complete')!r}")
    if kind == "resume":
        return Resume()
    raise DataError(f"Field 'type': Expected 'start' or 'resume' (a tick has none), was {kind!r}")


def _tick(body: dict[str, Any]) -> TickMessage:
    try:
        seq, ts_us = body["seq"], body["ts_us"]
        bid, ask, bid_size, ask_size = body["bid"], body["ask"], body["bid_size"], body["ask_size"]
    except KeyError as missing:
        raise DataError(f"Field {missing}: Expected {_expected(missing.args[0])}, was absent") from None
    if len(body) != len(_TICK_FIELDS):
        extra = sorted(set(body) - set(_TICK_FIELDS))
        raise DataError(f"Field {extra[0]!r}: Expected only {', '.join(_TICK_FIELDS)}, was there")
    if type(seq) is not int or not 0 <= seq < _LARGEST_INT:
        raise _wrong("seq", seq)
    if ts_us is not None and (type(ts_us) is not int or not -_LARGEST_INT <= ts_us < _LARGEST_INT):
        raise _wrong("ts_us", ts_us)
    return TickMessage(
        seq,
        ts_us,
        bid if type(bid) is float else _number("bid", bid),
        ask if type(ask) is float else _number("ask", ask),
        bid_size if type(bid_size) is float else _number("bid_size", bid_size),
        ask_size if type(ask_size) is float else _number("ask_size", ask_size),
    )


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if type(value) is int:
        return float(value)
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    raise _wrong(name, value)


def _wrong(name: str, value: object) -> DataError:
    return DataError(f"Field {name!r}: Expected {_expected(name)}, was {str(value)[:_SHOWN]!r}")


def _expected(name: str) -> str:
    if name == "seq":
        return "a whole number, 0 or more"
    if name == "ts_us":
        return "epoch microseconds as a whole number, or null"
    return "a number, null, 'nan', 'inf' or '-inf'"
