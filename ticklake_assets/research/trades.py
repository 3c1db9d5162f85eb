"""Simulated trades and refused signals as Arrow tables; each column says its unit."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import DAY_END, STOP, TARGET, TIME
from ticklake_assets.core.schemas import Column
from ticklake_assets.modeling.trading.simulation import Trade
from ticklake_assets.storage.partitions.arrow_types import arrow_schema

TRADES = (
    Column("symbol", "string", "instrument"),
    Column("signal", "timestamp_us", "when the signal was known"),
    Column("side", "int8", "1 long, -1 short"),
    Column("entry_time", "timestamp_us", "time of the entry quote"),
    Column("entry", "float64", "entry price: the ask of a long, the bid of a short"),
    Column("exit_time", "timestamp_us", "time of the exit quote"),
    Column("exit", "float64", "exit price: the bid of a long, the ask of a short"),
    Column("ended", "string", "target, stop, time or day end"),
    Column("net", "float64", "profit after costs, price units"),
    Column("net_pips", "float64", "the same, pips"),
    Column("slippage", "float64", "of entry and exit, price units"),
    Column("commission", "float64", "of both sides, price units"),
    Column("markup", "float64", "what the broker's spread is wider than the feed's, price units"),
    Column("swap", "float64", "of the nights, price units; negative is a credit"),
    Column(
        "worst", "float64", "lowest net that closing at any quote of its life would have given, price units"
    ),
    Column("best", "float64", "highest one, price units"),
)
REFUSED = (
    Column("signal", "timestamp_us", "when the signal was known"),
    Column(
        "reason", "string", "position_open, no_entry, no_anchor (before the day's first quote) or no_quotes"
    ),
)
_ENDED = {TARGET: "target", STOP: "stop", TIME: "time", DAY_END: "day end"}


def trade_table(trades: Sequence[Trade], instrument: Instrument) -> pa.Table:
    """Rows of `TRADES`."""
    rows = [
        {
            **trade.model_dump(),
            "symbol": instrument.symbol,
            "signal": trade.signal_us,
            "entry_time": trade.entry_us,
            "exit_time": trade.exit_us,
            "ended": _ENDED[trade.outcome],
            "net_pips": trade.net / instrument.pip,
        }
        for trade in trades
    ]
    schema = arrow_schema(TRADES)
    return pa.table(
        [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names],
        schema=schema,
    )


def refused_table(refused: Sequence[tuple[int, str]]) -> pa.Table:
    """Rows of `REFUSED`, in the order of time."""
    ordered = sorted(refused)
    columns = [[ts_us for ts_us, _ in ordered], [reason for _, reason in ordered]]
    schema = arrow_schema(REFUSED)
    return pa.table(
        [pa.array(each, field.type) for each, field in zip(columns, schema, strict=True)], schema=schema
    )
