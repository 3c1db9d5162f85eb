"""A short day in a terminal, the bridge killed at every write of its journal and at every call of the terminal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Fate, OrderState
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    FILLED_UNSAID,
    LOST,
    PARTIAL,
    PLACED,
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import Answer as Sent
from ticklake_assets_tests.mt5_bridge.terminal.deaths import BIDS, Killed, Life, assert_explained, live

_SCRIPTS = {
    "all is well": [],
    "filled without a word": [FILLED_UNSAID, FILLED_UNSAID, FILLED_UNSAID],
    "lost": [LOST],
    "filled in part": [Sent(PARTIAL, 0.4, waits=True)],
    "placed, never filled": [Sent(PLACED, 0.0, waits=True)],
}


@pytest.mark.parametrize(
    ("script", "hedging"),
    [*((script, True) for script in _SCRIPTS), ("all is well", False), ("filled without a word", False)],
)
def test_killed_at_every_step_there_is_at_most_one_position_an_intent(
    tmp_path: Path, script: str, *, hedging: bool
) -> None:
    steps, resumed, places = 0, 0, set()
    while True:
        account = ScriptedAccount(hedging=hedging, answers=list(_SCRIPTS[script]))
        quotes = iter(range(len(BIDS) + 10))  # what is unknown then is known ten seconds later
        life, folder = Life(steps), tmp_path / str(steps)
        with suppress(Killed):
            live(folder, account, quotes, life)
        if not life.died_in:
            break
        before = _fates(folder)
        entries = live(folder, account, quotes, Life(10**9))
        assert_explained(account, entries)
        resumed += sum(
            fate is Fate.INTENDED and entries[each].fate is not Fate.LAPSED for each, fate in before.items()
        )
        places.add(life.died_in)
        steps += 1
    assert steps > 60
    assert resumed, "killed between intent and sending"
    assert {
        "journal",
        "order_check",
        "order_send",
        "order_sent",
        "positions_get",
        "history_deals_get",
    } <= places


def _fates(folder: Path) -> dict[str, Fate | OrderState]:
    with ChainedLog(folder / "b.jsonl", {"account": "tests"}) as log:
        return {intent_id: entry.fate for intent_id, entry in Journal(log).entries.items()}
