"""The columns of every table, once: name, type and meaning.

Types are spelled `int64 int32 int8 float64 float32 bool string date timestamp_us` (UTC microseconds);
`storage` turns them into Arrow and Iceberg types, `spark` into Spark types.
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    name: str
    type: str
    doc: str
    nullable: bool = False


CSV_HEADER = "ts_event,bid,ask,bid_size,ask_size"
"""Header of the landing and raw CSV. `ts_event` is ISO 8601 UTC with milliseconds or microseconds and a Z."""

TICKS = (
    Column("source_row", "int64", "1-based number of the data row in the raw CSV"),
    Column("ts_event", "timestamp_us", "vendor's time of the quote; missing where raw is", True),
    Column("bid", "float64", "best bid, price units", True),
    Column("ask", "float64", "best ask, price units", True),
    Column("bid_size", "float64", "size at the bid, millions; missing where not delivered", True),
    Column("ask_size", "float64", "size at the ask, millions; missing where not delivered", True),
)
"""`parquet/ticks`: one row a raw CSV row, not one lost."""

CLEAN = (
    Column("source_row", "int64", "row number in the raw CSV"),
    Column("ts_event", "timestamp_us", "time of the quote"),
    Column("bid", "float64", "best bid, price units"),
    Column("ask", "float64", "best ask, price units"),
    Column("bid_size", "float64", "size at the bid, millions; 0 where not delivered"),
    Column("ask_size", "float64", "size at the ask, millions; 0 where not delivered"),
    Column("mid", "float64", "(bid + ask) / 2"),
    Column("spread", "float64", "ask - bid, price units"),
    Column("gap_us", "int64", "microseconds since the previous clean quote of the day; 0 for the first"),
    Column("is_unchanged", "bool", "bid, ask and both sizes equal the previous well-formed row's"),
    Column("is_size_missing", "bool", "a size was not delivered and stands as 0"),
)
"""`clean/ticks`: sorted by (`ts_event`, `source_row`), every row passed every rule."""

QUARANTINE = (*TICKS, Column("rule", "string", "name of the first rule that the row broke"))
"""`clean/quarantine`: the whole raw row and the rule that sent it there."""

PARTITION = (
    Column("symbol", "string", "instrument"),
    Column("trading_day", "date", "UTC day"),
)
"""The identity partition columns that lead every gold table."""

BARS = (
    *PARTITION,
    Column("bar_end", "timestamp_us", "close of the minute: the moment the bar is known"),
    *(
        Column(f"{side}_{what}", "float64", f"{what} of the {side} in the minute, price units")
        for side in ("bid", "ask")
        for what in ("open", "high", "low", "close")
    ),
    Column("tick_count", "int64", "quotes in the minute"),
    Column("spread_mean", "float64", "mean spread over the quotes of the minute, price units"),
)
"""`gold/bars`: 1-minute bid/ask bars; minutes without a quote have no row."""

CONTEXT = (
    Column("bid", "float64", "the event's bid, price units"),
    Column("ask", "float64", "the event's ask, price units"),
    Column("mid", "float64", "(bid + ask) / 2, price units"),
    Column(
        "sigma_1m", "float64", "standard deviation of a one-minute change of mid, tau 30 min, price units"
    ),
    Column("ew_spread", "float64", "time-weighted spread, tau 1 min, price units"),
)
"""What labels and orders need besides the features; never fed to a model."""

LABELS = (
    *PARTITION,
    Column("ts_event", "timestamp_us", "the sampled event that the order answers"),
    Column("width", "float64", "barrier distance, price units, rounded up to points"),
    Column("horizon_us", "int64", "longest holding time, microseconds"),
    *(
        column
        for side in ("long", "short")
        for column in (
            Column(
                f"{side}_outcome",
                "int8",
                "0 no entry, 1 target, 2 stop, 3 time, 4 day end",
            ),
            Column(f"{side}_entry_us", "int64", "time of the entry quote, epoch microseconds; 0 where none"),
            Column(f"{side}_entry", "float64", "entry price; NaN where none"),
            Column(f"{side}_exit_us", "int64", "time of the exit quote, epoch microseconds; 0 where none"),
            Column(f"{side}_exit", "float64", "exit price; NaN where none"),
            Column(f"{side}_net", "float64", "profit after costs, price units; 0 where no entry"),
        )
    ),
    Column("outcome", "int8", "0 short wins, 1 neither, 2 long wins"),
    Column("known_at", "timestamp_us", "when both orders' outcomes are known"),
)
"""`gold/labels`: one row an event, keyed like `gold/features`."""


def names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]
