from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mt5_bridge.cli import app
from mt5_bridge.commands.risk import _now_us
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import fact_record
from mt5_bridge.risk.limits import Limits
from ticklake_assets_tests.mt5_bridge.risk.lives import account_of, propose


def risk(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["risk", *map(str, arguments)])


def shown(*arguments: str | Path) -> dict[str, Any]:
    answer = risk(*arguments, "--json")
    assert answer.exit_code == 0, answer.stderr
    body: dict[str, Any] = json.loads(answer.stdout)
    return body


def journal(home: Path, limits: Limits) -> None:
    """An order of half a lot that waits for its entry, among other records, and a line that is being written."""
    lines: list[dict[str, Any]] = [{"kind": "intent"}]
    desk = RiskDesk(limits, 1, record=lambda fact: lines.append({"kind": "risk", "fact": fact_record(fact)}))
    desk.ask(propose(_now_us()), account_of())
    (home / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"kind":"ri')


def test_init_writes_a_file_once_and_it_is_checked(tmp_path: Path) -> None:
    assert risk("--home", tmp_path, "--init").exit_code == 0
    again = risk("--home", tmp_path, "--init")
    assert (again.exit_code, "it is not replaced" in again.stderr) == (1, True)
    body = shown("--home", tmp_path)
    assert body["digest"] == Limits().digest
    assert body["limits"]["day.loss_percent"] == {"at_most": "2", "used": "", "reason": "daily_loss"}


def test_it_shows_what_is_used_by_the_journal(tmp_path: Path) -> None:
    always = Limits.model_validate({"weekend": "unlimited", "rollover": "unlimited"})
    (tmp_path / "limits.toml").write_text('weekend = "unlimited"\nrollover = "unlimited"\n')
    journal(tmp_path, always)
    body = shown("--home", tmp_path)
    used = {name: row["used"] for name, row in body["limits"].items() if row["used"]}
    assert used == {
        "exposure.symbol_times": "5.45 (EURUSD)",
        "exposure.total_times": "5.45",
        "exposure.currency_times": "5.45 (long EUR)",
        "exposure.margin_percent": "18.15",
        "exposure.open_risk_percent": "0.5",
        "day.loss_percent": "0.5",
        "day.trades": "1",
        "drawdown.percent": "0.5",
        "streak.losses": "0",
    }
    assert body["notes"] == [f"limits {always.digest[:12]} of {tmp_path / 'limits.toml'}"]


def test_it_says_what_holds_back_or_holds_no_more(tmp_path: Path) -> None:
    journal(tmp_path, Limits())
    (tmp_path / "kill").write_text("lunch\n")
    (tmp_path / "c.csv").write_text(
        "kind,of,start,end,zone,note\nnews,USD,2024-01-02T10:00,2024-01-02T11:00,,\n"
    )
    (tmp_path / "limits.toml").write_text(
        'calendar = "c.csv"\n[symbols.EURUSD]\nmax_lots = 2\n[groups.a]\nsymbols = ["EURUSD", "-USDCHF"]\ntimes = 3\n'
    )
    body = shown("--home", tmp_path)
    _, other, killed, over = body["notes"]
    assert other.startswith(f"the bridge runs by other limits, {Limits().digest[:12]};")
    assert killed == "the kill switch is on: lunch"
    assert over == "the calendar is over: its last window ended 2024-01-02 11:00 UTC"
    assert body["limits"]["symbols.EURUSD.max_lots"]["at_most"] == "2"
    assert body["limits"]["groups.a.times"]["reason"] == "group_exposure"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    answer = risk("--home", tmp_path)
    assert answer.exit_code == 0
    assert f"limits {Limits().digest[:12]} of the defaults" in answer.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"kind":"risk","fact":{"fact":"paid","ts_us":1}}', "line 2: A fact of risk misfits"),
        ("[1]", "line 2: Expected a record"),
        ("{", "line 2: Expected a record"),
    ],
)
def test_a_damaged_journal_is_told_by_its_line(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "journal.jsonl").write_text(f'{{"kind":"intent"}}\n{line}\n')
    answer = risk("--home", tmp_path)
    assert (answer.exit_code, told in answer.stderr) == (1, True)


def test_limits_that_cannot_be_meant_are_an_error_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text("[day]\nloss = 3\n")
    answer = risk("--limits", tmp_path / "l.toml")
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert "day.loss: no such limit" in answer.stderr
    assert risk("--limits", tmp_path / "none.toml").exit_code == 1


def test_a_kill_file_that_cannot_be_read_kills(tmp_path: Path) -> None:
    (tmp_path / "kill").mkdir()
    assert "the kill switch is on" in shown("--home", tmp_path)["notes"][-1]
