"""A bridge's status as tables of a terminal: what a person sees at a glance, worst first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mt5_bridge.running.status import Status, SymbolStatus

_HANGS = timedelta(seconds=10)
"""A status is written each second: an older one is of a bridge that hangs or is gone."""
_MODES = {"paper": "black on cyan", "demo": "black on yellow", "live": "bold white on red"}
_WORST_REASONS = 4


def rendered(status: Status, now: datetime | None = None) -> RenderableType:
    """All of it; `now` is this machine's clock, UTC."""
    age = (now or datetime.now(UTC)) - status.written
    return Group(_head(status, age), _symbols(status), _positions(status), _counts(status), *_notes(status))


def _head(status: Status, age: timedelta) -> RenderableType:
    mode = Text(f" {status.mode.upper()}{' DRY RUN' if status.dry_run else ''} ", _MODES.get(status.mode, ""))
    is_old = age > _HANGS and status.state != "stopped"
    state = f"no word for {age.total_seconds():,.0f} s: it hangs or is gone" if is_old else status.state
    line = Text.assemble(mode, "  ", status.account, "  ", (state, _state_style(status, is_old=is_old)))
    if status.why:
        line.append(f": {status.why}")
    rows = [line]
    if status.money is not None:
        money = status.money
        rows.append(
            Text(
                f"balance {money.balance}  equity {money.equity}  margin {money.margin}  "
                f"free {money.free_margin} {money.currency}"
            )
        )
    rows.append(
        Text(
            f"{status.written:%Y-%m-%d %H:%M:%S} UTC, market {status.market_time:%H:%M:%S}; clocks against this "
            f"machine: terminal {_seconds(status.terminal_ahead_seconds)}, "
            f"endpoint {_seconds(status.endpoint_ahead_seconds)}",
            "dim",
        )
    )
    return Panel(Group(*rows), title="ticklake-bridge", title_align="left")


def _state_style(status: Status, *, is_old: bool) -> str:
    return "bold red" if is_old or status.state != "trading" else "green"


def _symbols(status: Status) -> Table:
    table = Table(title="Feed and signals", title_justify="left", expand=True)
    for name in (
        "symbol",
        "bid",
        "ask",
        "last tick",
        "ticks",
        "not clean",
        "p50 ms",
        "p99 ms",
        "signals",
        "last",
    ):
        table.add_column(name, justify="left" if name == "symbol" else "right")
    table.add_column("state")
    for symbol, held in status.symbols.items():
        feed, heard = held.feed, held.signals
        table.add_row(
            symbol,
            _price(feed.bid),
            _price(feed.ask),
            _clock(feed.last_tick),
            f"{feed.ticks:,}",
            f"{sum(feed.not_clean.values()):,}",
            f"{feed.p50_ms:.1f}",
            f"{feed.p99_ms:.1f}",
            f"{heard.signals:,}",
            _clock(heard.last_signal),
            _symbol_state(held),
        )
    return table


def _symbol_state(held: SymbolStatus) -> Text:
    if held.halted:
        return Text(f"halted: {held.halted}", "red")
    return Text("linked", "green") if held.feed.linked else Text("no endpoint", "red")


def _positions(status: Status) -> RenderableType:
    held = [(symbol, each) for symbol, part in status.symbols.items() for each in part.positions]
    if not held:
        return Text("No position is open.", "dim")
    table = Table(title="Positions", title_justify="left", expand=True)
    for name in ("symbol", "side", "lots", "entry", "stop", "target", "since", "profit", "intent"):
        table.add_column(name, justify="left" if name in {"symbol", "side", "intent"} else "right")
    for symbol, each in held:
        profit = "-" if each.profit is None else f"{each.profit:+.2f}"
        lots = "-" if each.volume is None else f"{each.volume:g}"
        table.add_row(
            symbol, each.side, lots, _price(each.entry_price), _price(each.stop), _price(each.target),
            _clock(each.opened), profit, each.intent_id,
        )  # fmt: skip
    return table


def _counts(status: Status) -> Table:
    table = Table(title="What became of signals", title_justify="left", expand=True)
    for name in ("symbol", "intents", "passed over"):
        table.add_column(name)
    for symbol, held in status.symbols.items():
        table.add_row(symbol, _most(held.orders), _most(held.signals.passed_over))
    return table


def _notes(status: Status) -> list[Text]:
    return [Text(f"! {note}", "yellow") for note in status.notes]


def _most(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count:,}" for name, count in ordered[:_WORST_REASONS])
    more = len(ordered) - _WORST_REASONS
    return f"{shown}, and {more} more" if more > 0 else shown or "-"


def _price(price: float | None) -> str:
    return "-" if price is None else f"{price:.10g}"


def _clock(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%H:%M:%S}"


def _seconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds:+.1f} s"
