"""Orders under random faults: at most one position an intent, no orphan, all explained, every cent found.

`make proof-bridge` plays ten thousand orders; here are some hundred, and bridges that are wrong, to see it tell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import OrderRefused, OutcomeUnknown
from mt5_bridge.terminal.mt5 import Mt5Terminal
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Order
from ticklake_assets_tests.mt5_bridge.proof.faulty_day import Hands, play
from ticklake_assets_tests.mt5_bridge.proof.killed_process import play_killed

_MOST_SEEDS = 12


@pytest.mark.parametrize("seed", [2, 9])
def test_a_day_of_faults_and_deaths_is_explained(tmp_path: Path, seed: int) -> None:
    found, deaths = play(tmp_path, seed)
    assert found.faults == []
    assert deaths >= 2
    assert found.sent > 20


def test_the_same_seed_is_the_same_day(tmp_path: Path) -> None:
    days = [tmp_path / name for name in ("one", "other")]
    for day in days:
        play(day, 3)
    for name in ("journal.jsonl", "broker.jsonl"):
        assert len({(day / name).read_bytes() for day in days}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_processes_that_are_killed_leave_nothing_unexplained(tmp_path: Path, seed: int) -> None:
    found, kills = play_killed(tmp_path, seed)
    assert found.faults == []
    assert kills > 0


class _SendsAgain(Hands):
    """Takes no answer for a no, as bridges do that try again."""

    def mt5(self, mt5: Any) -> Any:
        return _Resending(mt5)


class _Resending:
    def __init__(self, mt5: Any) -> None:
        self._mt5 = mt5

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mt5, name)

    def order_send(self, request: dict[str, Any]) -> Any:
        return self._mt5.order_send(request) or self._mt5.order_send(request)


class _AssumesRejected(Hands):
    def terminal(self, *parts: Any) -> Mt5Terminal:
        return _Assuming(*parts, self.settings)


class _Assuming(Mt5Terminal):
    def place(self, order: Order) -> None:
        try:
            super().place(order)
        except OutcomeUnknown as silence:
            del self._lives[order.intent_id]
            raise OrderRefused(str(silence), "no_answer") from silence


class _SendsUnannounced(Hands):
    """Hands an order over before `sending` is on the disk."""

    def journal(self, log: ChainedLog) -> Journal:
        return _Forgetful(log)


class _Forgetful(Journal):
    def sending(self, order: Order) -> None:
        record = {"kind": "sending", "intent_id": order.intent_id, "volume": str(order.volume)}
        self._apply(record)


@pytest.mark.slow
@pytest.mark.parametrize("hands", [_SendsAgain(), _AssumesRejected(), _SendsUnannounced()])
def test_a_wrong_bridge_is_found_out(tmp_path: Path, hands: Hands) -> None:
    for seed in range(_MOST_SEEDS):
        found, _ = play(tmp_path / str(seed), seed, hands)
        if found.faults:
            return
    pytest.fail("the auditor saw nothing")
