"""`ticklake-bridge status`, `positions`, `orders` and `why`: what a bridge does and did, beside it or after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from time import sleep
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from mt5_bridge.append_log import LookedAtLog, Record
from mt5_bridge.commands.configured import Config
from mt5_bridge.commands.telling import told
from mt5_bridge.config import read_config
from mt5_bridge.errors import SetupError
from mt5_bridge.moments import moment_of
from mt5_bridge.people.dashboard import rendered
from mt5_bridge.running.status import read_status
from mt5_bridge.terminal.request import PREFIX, magic_of
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.words import Entry, OrderState

AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


def status(
    config: Config,
    watch: Annotated[
        bool, typer.Option("--watch", help="go on showing it, each second, until Ctrl-C")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the bridge does now: feed, signals, positions, money, refusals, latency; times in UTC."""
    with told(Console(stderr=True)):
        folder = read_config(config).folder
        newest = read_status(folder)
        if as_json:
            typer.echo(newest.model_dump_json(indent=2))
        elif watch:
            _watch(lambda: rendered(read_status(folder)))
        else:
            Console().print(rendered(newest))


def positions(config: Config, as_json: AsJson = False) -> None:
    """List the positions that are open by the journal; prices are the broker's, times in UTC."""
    with told(Console(stderr=True)):
        held = [each for each in _entries(config) if each.fate is OrderState.OPEN]
        _show([_position(each) for each in held], "no position is open", as_json=as_json)


def orders(
    config: Config,
    last: Annotated[int, typer.Option(help="how many, the newest at the end", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List intents and what became of each: fate, reason, entry, exit, money of the account."""
    with told(Console(stderr=True)):
        _show([_order(each) for each in _entries(config)[-last:]], "no intent yet", as_json=as_json)


def why(
    what: Annotated[
        str, typer.Argument(help="an intent's id, an order's comment or magic, or a signal's id")
    ],
    config: Config,
) -> None:
    """Tell an order's way from its signal to its end, by the journal; `ticklake why` goes on to the raw files."""
    with told(Console(stderr=True)):
        log = _log(config)
        entry = _found(Journal(log).entries.values(), what, log.path)
        intent = entry.intent
        typer.echo(f"signal {intent.signal_id}: {intent.symbol} {intent.side} at {_moment(intent.ts_us)}")
        typer.echo(f"bundle {intent.bundle}")
        for number, record in enumerate(log.records, start=2):
            told_of = _line(record, intent.intent_id)
            if told_of:
                typer.echo(f"line {number}: {told_of}")
        typer.echo(f"now {entry.fate}{f', {entry.reason}' if entry.reason else ''}")


def _watch(picture: Callable[[], Any]) -> None:
    with Live(picture(), console=Console(), screen=True, auto_refresh=False) as live:
        while True:
            sleep(1)
            live.update(picture(), refresh=True)


def _log(config: Path) -> LookedAtLog:
    path = read_config(config).folder / JOURNAL_FILE
    if not path.exists():
        raise SetupError(f"{path}: Expected the journal of a bridge that runs or ran, was none")
    return LookedAtLog(path)


def _entries(config: Path) -> list[Entry]:
    return list(Journal(_log(config)).entries.values())


def _found(entries: Iterable[Entry], what: str, path: Path) -> Entry:
    sought = what.removeprefix(PREFIX)
    for entry in entries:
        intent = entry.intent
        if sought in {intent.intent_id, intent.signal_id, str(magic_of(intent.intent_id))}:
            return entry
    raise SetupError(f"{path}: Expected an intent, comment, magic or signal of this journal, was {what!r}")


def _line(record: Record, intent_id: str) -> str | None:
    """A record in words, where it is of this intent."""
    body = record.get("fact", record) if record["kind"] == "risk" else record
    if body.get("intent_id") != intent_id:
        return None
    hidden = {"intent_id", "kind", "fact", "terminal", "signal_id", "bundle", "symbol", "ts_us", "side"}
    kind = f"risk {body['fact']}" if record["kind"] == "risk" else record["kind"]
    shown = {name: value for name, value in body.items() if name not in hidden and value is not None}
    return f"{kind} {json.dumps(shown)}"


def _position(entry: Entry) -> dict[str, Any]:
    held = entry.position
    assert held is not None
    stop, target = entry.barriers
    return {
        "symbol": entry.intent.symbol,
        "side": entry.intent.side,
        "lots": str(held.left),
        "entry": held.entry.price,
        "stop": stop,
        "target": target,
        "since": _moment(held.entry.ts_us),
        "ticket": held.ticket,
        "intent": entry.intent.intent_id,
    }


def _order(entry: Entry) -> dict[str, Any]:
    held = entry.position
    left = None if held is None or held.exit is None else held.exit
    return {
        "signal": _moment(entry.intent.ts_us),
        "symbol": entry.intent.symbol,
        "side": entry.intent.side,
        "fate": str(entry.fate),
        "reason": entry.reason or (str(held.outcome) if held is not None and held.outcome else ""),
        "lots": str(held.volume) if held is not None else "",
        "entry": "" if held is None else held.entry.price,
        "exit": "" if left is None else left.price,
        "money": "" if held is None or held.money is None else str(held.money),
        "intent": entry.intent.intent_id,
    }


def _show(rows: list[dict[str, Any]], nothing: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif not rows:
        typer.echo(nothing)
    else:
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*("-" if value is None else str(value) for value in row.values()))
        Console().print(table)


def _moment(ts_us: int) -> str:
    return f"{moment_of(ts_us):%Y-%m-%d %H:%M:%S.%f}"[:-3]
