"""Orders at the simulated broker: without faults the order table's trades, with all of them each one explained."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

import pytest

from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.simulated.faults import Faults, Outage, RequestFault, Window
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry
from ticklake_assets_tests.mt5_bridge.orders import open_log
from ticklake_assets_tests.mt5_bridge.terminal.broker_days import (
    COST,
    Day,
    assert_explained,
    broker_of,
    draw_day,
    show,
    trade,
)
from ticklake_assets_tests.mt5_bridge.terminal.deaths import Killed, Life

_MODES = ["hedging", "netting"]


def _on_paper(folder: Path, day: Day) -> dict[str, Entry]:
    with ExitStack() as opened:
        logs = [opened.enter_context(open_log(folder / name)) for name in ("b.jsonl", "t.jsonl")]
        journal = Journal(logs[0])
        bridge = Bridge("SYNEUR", journal, PaperTerminal(logs[1], COST), trade_shadow=False)
        for quote in day.quotes:
            show(bridge, day, quote)
        bridge.end_of_day()
        return journal.entries


def _trade(entry: Entry) -> tuple[object, ...]:
    position = entry.position
    told = (entry.intent.ts_us, entry.fate)
    if position is None:
        return told
    fills = [fill and (fill.ts_us, fill.price) for fill in (position.entry, position.exit)]
    return (*told, *fills, position.outcome, position.net)


@pytest.mark.parametrize("mode", _MODES)
@pytest.mark.parametrize("seed", range(4))
def test_without_faults_the_trades_are_those_of_the_order_table(tmp_path: Path, seed: int, mode: str) -> None:
    day = draw_day(Random(seed))
    expected = [_trade(entry) for entry in _on_paper(tmp_path, day).values()]
    entries, server = trade(tmp_path, day, broker_of(mode, Faults()), Life(10**9))
    assert [_trade(entry) for entry in entries.values()] == expected
    assert_explained(entries, server)
    assert len(expected) > 10


def _faults(random: Random, day: Day, seed: int) -> Faults:
    first_us, last_us = day.quotes[0].ts_us, day.quotes[-1].ts_us
    windows = []
    for _ in range(random.randint(0, 3)):
        start_us = random.randrange(first_us, last_us)
        outage, seconds = random.choice(list(Outage)), random.randint(1, 8)
        windows.append(Window(outage=outage, start_us=start_us, end_us=start_us + seconds * 1_000_000))
    late = dict.fromkeys(("deals", "history_orders", "orders", "positions"), 0.3)
    requests = dict.fromkeys(RequestFault, 0.06)
    return Faults(seed=seed, requests=requests, late=late, windows=tuple(windows))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", _MODES)
@pytest.mark.parametrize("seed", range(12))
def test_whatever_fails_and_dies_each_order_is_explained(tmp_path: Path, seed: int, mode: str) -> None:
    random = Random(seed)
    day = draw_day(random)
    broker = broker_of(mode, _faults(random, day, seed))
    for _ in range(random.randint(0, 4)):
        with suppress(Killed):
            trade(tmp_path, day, broker, Life(random.randint(0, 500)))
    entries, server = trade(tmp_path, day, broker, Life(10**9))
    assert_explained(entries, server)
