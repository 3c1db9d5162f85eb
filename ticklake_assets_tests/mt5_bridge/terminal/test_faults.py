"""Days in a terminal full of faults and deaths, drawn by a seed: nothing is sent twice, orphaned or unexplained."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from mt5_bridge.trading.words import Entry
from ticklake_assets_tests.mt5_bridge.scripted_account import DONE, PARTIAL, PLACED, Answer, ScriptedAccount
from ticklake_assets_tests.mt5_bridge.terminal.deaths import BIDS, Killed, Life, assert_explained, live

_ANSWERS = [
    Answer(),
    Answer(),
    Answer(),
    Answer(None, 1.0, (-10005, "IPC timeout")),
    Answer(None, 0.0, (-10005, "IPC timeout")),
    Answer(None, 1.0, (1, "Success")),
    Answer(None, 0.0, (-2, "Invalid argument")),
    Answer(raises=ConnectionResetError("gone")),
    Answer(share=0.0, raises=ConnectionResetError("gone")),
    Answer(10012, 1.0),
    Answer(10031, 0.0),
    Answer(10004),
    Answer(10006),
    Answer(10016),
    Answer(PARTIAL, 0.4, waits=True),
    Answer(PARTIAL, 0.6),
    Answer(PLACED, 0.0, waits=True),
    Answer(PLACED, 1.0),
    Answer(DONE, 1.0),
]
_FUNCTIONS = [
    "positions_get",
    "orders_get",
    "history_orders_get",
    "history_deals_get",
    "account_info",
    "terminal_info",
]


@dataclass
class _Faulty(ScriptedAccount):
    """Draws faults for each second; after the day all is well."""

    random: Random = field(default_factory=Random)
    is_over: bool = False

    def quote(self, seconds: float, bid: float, ask: float | None = None) -> None:
        draw = self.random
        self.silent = {draw.choice(_FUNCTIONS)} if draw.random() < 0.2 and not self.is_over else set()
        self.connected = self.is_over or draw.random() < 0.9
        self.login = 7 if self.is_over or draw.random() < 0.95 else 8
        self.answers = [] if self.is_over else [draw.choice(_ANSWERS) for _ in range(3)]
        kinds = ("positions", "orders", "history", "deals")
        self.late_s = {kind: draw.choice([0, 0, 0, 1.5, 3]) for kind in kinds}
        super().quote(seconds, bid, ask)
        for row in list(self.rows["positions"]):
            if not self.is_over and draw.random() < 0.03:
                self.close(row, row.volume, self.DEAL_REASON_CLIENT, magic=0)


def _play(folder: Path, seed: int, *, hedging: bool) -> tuple[_Faulty, dict[str, Entry]]:
    random = Random(seed)
    account = _Faulty(hedging=hedging, random=random)
    quotes = iter(range(3 * len(BIDS)))
    for steps in [*(random.randint(0, 120) for _ in range(random.randint(0, 4))), 10**9]:
        account.login, account.silent = 7, set()  # under another account no bridge starts
        with suppress(Killed):
            live(folder, account, quotes, Life(steps))
    account.login, account.silent, account.is_over = 7, set(), True
    return account, live(folder, account, iter(range(1000, 1040)), Life(10**9))


@pytest.mark.parametrize("hedging", [True, False], ids=["hedging", "netting"])
@pytest.mark.parametrize("seed", range(30))
def test_whatever_fails_each_order_is_explained(tmp_path: Path, seed: int, *, hedging: bool) -> None:
    account, entries = _play(tmp_path, seed, hedging=hedging)
    assert entries
    assert_explained(account, entries)
