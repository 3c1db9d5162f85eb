"""What a person sees of a bridge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rich.console import Console

from mt5_bridge.people.dashboard import rendered
from mt5_bridge.running.status import Status
from ticklake_assets_tests.mt5_bridge.people.statuses import WRITTEN, make_status


def shown(status: Status, after: timedelta = timedelta(seconds=1), width: int = 140) -> str:
    console = Console(width=width, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(rendered(status, WRITTEN + after))
    return captured.get()


def test_a_look_says_mode_account_state_and_money() -> None:
    text = shown(make_status())
    head = text[: text.index("Feed and signals")]
    for word in (
        "DEMO",
        "demo account 7 at Broker-Demo",
        "trading",
        "equity 9987.50",
        "EUR",
        "terminal -0.2 s",
    ):
        assert word in head
    assert "endpoint unknown" in head


def test_each_symbol_has_its_feed_latency_and_state() -> None:
    lines = shown(make_status()).splitlines()
    [line] = [line for line in lines if "EURUSD" in line and "1.0853 " in line]
    assert all(word in line for word in ("1.08535", "12:00:05", "1,234", "0.7", "2.5", "linked"))
    assert any("GBPJPY" in line and "halted: missing" in line for line in lines)


def test_positions_refusals_and_strangers_are_shown() -> None:
    text = shown(make_status())
    for word in (
        "0.13",
        "1.0851",
        "-12.50",
        "00112233445566aa",
        "closed 2, open 1",
        "no_side 4, signal_old 1",
    ):
        assert word in text
    assert "! foreign: position 5 of GBPJPY" in text


@pytest.mark.parametrize(
    ("changed", "after", "expected"),
    [
        ({"state": "killed", "why": "news"}, 1, "killed: news"),
        ({}, 60, "no word for 60 s: it hangs or is gone"),
        ({"state": "stopped", "why": "SIGINT"}, 3600, "stopped: SIGINT"),
        ({"dry_run": True}, 1, "DEMO DRY RUN"),
    ],
)
def test_what_does_not_trade_says_so(changed: dict[str, object], after: int, expected: str) -> None:
    assert expected in shown(make_status(**changed), timedelta(seconds=after))


def test_a_name_with_brackets_is_a_name() -> None:
    assert "[/red] 7" in shown(make_status(account="[/red] 7"))


def test_many_reasons_are_summed_up() -> None:
    status = make_status()
    held = status.symbols["EURUSD"]
    reasons = {f"reason_{n}": n for n in range(1, 8)}
    crowded = held.model_copy(update={"signals": held.signals.model_copy(update={"passed_over": reasons})})
    text = shown(status.model_copy(update={"symbols": {"EURUSD": crowded}}))
    assert "reason_7 7, reason_6 6, reason_5 5, reason_4 4, and 3 more" in text
