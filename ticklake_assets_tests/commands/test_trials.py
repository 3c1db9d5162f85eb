from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.commands.trials import show_trials
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.research.trials import trials
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS, TrialLedger

AS_OF, DAYS = date(2024, 1, 15), [date(2024, 1, 13), date(2024, 1, 14)]


def about(hour: int, as_of: date = AS_OF) -> dict[str, str]:
    at = f"2024-02-01T{hour:02}:00:00+00:00"
    return {"by": "ann, run-1", "at": at, "as_of": as_of.isoformat(), "dataset": "EURUSD/2024-01-15/v1"}


def filled(settings: Settings) -> TrialLedger:
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    ledger.record_chain("EURUSD", DAYS, "chain", about(13))
    ledger.record_result("EURUSD", "chain", {"verdict": "rejected"})
    ledger.record_opening("EURUSD", DAYS, "bundle", about(12))
    ledger.record_result("EURUSD", "bundle", {"net_pips": -12.25, "trades": 120})
    ledger.record_selection("EURUSD", AS_OF, "search", 7, about(11) | {"result": {"loss": 1.0123456}})
    ledger.record_fits("EURUSD", AS_OF, "search", 18, about(10) | {"result": {"trials": [{"loss": 1.1}]}})
    ledger.record_fits("EURUSD", date(2024, 1, 16), "search", 20, about(9, date(2024, 1, 16)))
    return ledger


def shown(settings: Settings, as_of: date | None = None, *, as_json: bool = False, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    show_trials(settings, "EURUSD", as_of, console, as_json=as_json)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_trials_are_listed_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    entries = trials(filled(Settings(home=tmp_path)), "EURUSD")
    assert [entry["what"] for entry in entries] == ["fits", "fits", "selections", "opening", "chain"]
    assert entries[3]["test_days"] == ["2024-01-13", "2024-01-14"]
    assert entries[3]["result"] == {"net_pips": -12.25, "trades": 120}


def test_the_table_says_who_what_and_what_is_left(tmp_path: Path) -> None:
    filled(settings := Settings(home=tmp_path))
    text = shown(settings, AS_OF)
    assert "20 fits" not in text
    lines = text.splitlines()
    assert [line.strip() for line in lines[1:7]] == [
        "2024-02-01 10:00  18 fits           ann, run-1",
        "as of 2024-01-15  EURUSD/2024-01-15/v1",
        "2024-02-01 11:00  7 selections      ann, run-1",
        "as of 2024-01-15  EURUSD/2024-01-15/v1; loss 1.012",
        "2024-02-01 12:00  opening           ann, run-1",
        "as of 2024-01-15  EURUSD/2024-01-15/v1; net_pips -12.25, trades 120",
    ]
    assert (
        f"test days 2024-01-13 to 2024-01-14: looked at 1 times, {MOST_OPENINGS - 1} of {MOST_OPENINGS} left"
        in text
    )


@pytest.mark.parametrize("width", [80, 140])
def test_a_run_can_be_copied_from_the_table_and_an_entry_is_a_few_lines(tmp_path: Path, width: int) -> None:
    settings, run = Settings(home=tmp_path), "0f8b6c1e-5d5e-4a57-9d7e-3a4b8a6f1c2d"
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    ledger.record_opening("EURUSD", DAYS, "bundle", about(12) | {"by": f"root, {run}"})
    ledger.record_result("EURUSD", "bundle", {"net_pips": -12.25, "trades": 120})
    lines = shown(settings, width=width).splitlines()
    assert any(run in line for line in lines)
    entry = 3 if width == 80 else 2
    assert len(lines) == 1 + entry + 1, "headings, the entry, what is left"


def test_what_is_left_is_told_once_of_the_same_days(tmp_path: Path) -> None:
    filled(settings := Settings(home=tmp_path)).record_opening("EURUSD", DAYS, "another", about(14))
    left = [line for line in shown(settings).splitlines() if line.startswith("test days")]
    assert left == ["test days 2024-01-13 to 2024-01-14: looked at 2 times, 8 of 10 left"]


def test_json_has_every_trial_of_a_search(tmp_path: Path) -> None:
    filled(settings := Settings(home=tmp_path))
    entries = json.loads(shown(settings, AS_OF, as_json=True))
    assert entries[0]["result"]["trials"] == [{"loss": 1.1}]
    assert len(entries) == 4


def test_a_symbol_without_trials_and_one_that_is_unknown_are_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(MissingDataError, match="No trial of EURUSD as of 2024-01-15 in file:"):
        shown(settings, AS_OF)
    with pytest.raises(DataError, match="Symbol 'EURUSX' has no metadata"):
        show_trials(settings, "EURUSX", None, Console(), as_json=False)


def verified(settings: Settings) -> Result:
    return CliRunner().invoke(app, ["trials", "--verify"], env={"TICKLAKE_HOME": str(settings.home)})


def test_a_whole_ledger_says_since_when_it_counts_and_where_it_ends(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    done = verified(settings)
    assert (done.exit_code, "has no entry yet" in done.stdout) == (0, True)
    ledger = filled(settings)
    head, done = ledger.head(), verified(settings)
    assert done.exit_code == 0
    first, second, third = done.stdout.splitlines()
    assert first.endswith(": 8 entries, each signed and linked")
    assert f"counts since {ledger.since()}: " in first
    assert second == f"head: {head.sha256}"
    assert third == "0 heads that are known elsewhere are in it"


def test_a_broken_ledger_is_an_error_of_one_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    filled(settings)
    (tmp_path / "lake" / "ledger" / "chain" / "00000004.json").unlink()
    done = verified(settings)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "The ledger is broken: ledger/chain/00000004.json was removed" in line


def test_trials_of_nobody_are_asked_for(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["trials"], env={"TICKLAKE_HOME": str(tmp_path)})
    assert done.exit_code == 1
    assert "Expected a symbol or --verify, was neither" in done.stderr
