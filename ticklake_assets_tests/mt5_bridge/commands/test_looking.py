"""`status`, `positions`, `orders` and `why`, beside a bridge that holds its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mt5_bridge.cli import app
from mt5_bridge.running.status import write_status
from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Fate, Fill, Intent, OrderReport, OrderState, Outcome, Position
from ticklake_assets_tests.mt5_bridge.orders import make_order, make_signal, open_log
from ticklake_assets_tests.mt5_bridge.people.statuses import make_status

CLOSED, OPEN, REFUSED = (make_signal(ts_us=1_705_492_800_000_000 + n * 1_000_000) for n in range(3))
LOTS = Decimal("0.30")


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A bridge that runs: its journal is held open."""
    path = tmp_path / "bridge.toml"
    path.write_text('folder = "account"\nendpoint.token_file = "token"\n[symbols.SYNEUR]\n')
    folder = tmp_path / "account"
    with open_log(folder / "journal.jsonl") as log:
        journal = Journal(log)
        for signal in (CLOSED, OPEN, REFUSED):
            order = make_order(Intent.of(signal).intent_id)
            journal.intend(Intent.of(signal), order)
            journal.sending(replace(order, volume=LOTS))
        entry, leave = Fill(2_000_000, 0, 1.1), Fill(3_000_000, 0, 1.10012)
        done = Position(entry, leave, Outcome.TARGET, 0.0, LOTS, Decimal(0), money=Decimal("3.21"), ticket=9)
        held = Position(entry, volume=LOTS, left=LOTS, stop=1.0995, ticket=11)
        journal.report(OrderReport(Intent.of(CLOSED).intent_id, OrderState.CLOSED, done))
        journal.report(OrderReport(Intent.of(OPEN).intent_id, OrderState.OPEN, held))
        journal.settle(Intent.of(REFUSED).intent_id, Fate.REFUSED, "no_money", "10019")
        write_status(folder, make_status())
        yield path


def asked(*words: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})


def test_orders_have_their_fate_reason_and_money(config: Path) -> None:
    rows = json.loads(asked("orders", "--config", config, "--json").stdout)
    assert [(row["fate"], row["reason"], row["money"]) for row in rows] == [
        ("closed", "target", "3.21"),
        ("open", "", ""),
        ("refused", "no_money", ""),
    ]
    assert rows[0]["signal"] == "2024-01-17 12:00:00.000"
    text = asked("orders", "--config", config, "--last", "1").stdout
    assert "no_money" in text
    assert "closed" not in text


def test_positions_are_those_that_are_open(config: Path) -> None:
    [row] = json.loads(asked("positions", "--config", config, "--json").stdout)
    assert row["intent"] == Intent.of(OPEN).intent_id
    assert (row["lots"], row["entry"], row["stop"], row["target"]) == ("0.30", 1.1, 1.0995, None), (
        "no target lies there"
    )


def test_why_takes_each_name_of_an_order(config: Path) -> None:
    intent = Intent.of(CLOSED)
    names = [
        intent.intent_id,
        comment_of(intent.intent_id),
        str(magic_of(intent.intent_id)),
        CLOSED.signal_id,
    ]
    told = {asked("why", name, "--config", config).stdout for name in names}
    assert len(told) == 1
    lines = told.pop().splitlines()
    assert lines[0] == f"signal {CLOSED.signal_id}: SYNEUR long at 2024-01-17 12:00:00.000"
    assert lines[1] == f"bundle {'b' * 64}"
    assert [line.split()[2] for line in lines[2:-1]] == ["intent", "sending", "report"]
    assert '"money": "3.21"' in lines[-2]
    assert lines[-1] == "now closed"


def test_why_of_a_stranger_is_one_line(config: Path) -> None:
    done = asked("why", "tl-nobody", "--config", config)
    assert done.exit_code == 1
    assert "Expected an intent, comment, magic or signal of this journal, was 'tl-nobody'" in done.output


def test_status_for_people_and_programs(config: Path) -> None:
    assert "demo account 7" in asked("status", "--config", config).stdout
    assert json.loads(asked("status", "--config", config, "--json").stdout)["mode"] == "demo"


def test_a_bridge_that_never_ran_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text('folder = "account"\nendpoint.token_file = "token"\n[symbols.SYNEUR]\n')
    for words in (["status"], ["orders"], ["positions"], ["why", "aa"]):
        done = asked(*words, "--config", path)
        assert done.exit_code == 1
        assert "of a bridge that runs or ran" in done.output


def test_a_changed_line_is_refused_by_its_number(config: Path) -> None:
    path = config.parent / "account" / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"volume":"0.30"', b'"volume":"9.30"', 1))
    done = asked("orders", "--config", config)
    assert done.exit_code == 1
    assert "journal.jsonl, line 4: Expected the chain to go on" in done.output
