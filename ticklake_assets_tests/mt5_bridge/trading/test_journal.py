from __future__ import annotations

from pathlib import Path

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import JournalError
from mt5_bridge.trading.journal import Fate, Journal
from mt5_bridge.trading.words import Fill, Intent, OrderReport, OrderState, Outcome, Position
from ticklake_assets_tests.mt5_bridge.orders import make_order, make_signal

_INTENT = Intent.of(make_signal())
_POSITION = Position(Fill(2, 1, 1.1), Fill(3, 2, 1.2), Outcome.TARGET, 0.1)


def _reopened(path: Path) -> Journal:
    with AppendLog(path) as log:
        return Journal(log)


def test_an_intent_is_named_by_what_makes_the_signal_unique() -> None:
    assert Intent.of(make_signal()).intent_id == _INTENT.intent_id
    assert len(_INTENT.intent_id) == 16
    others = [{"ts_us": 2}, {"side": "short"}, {"bundle": "c" * 64}, {"symbol": "SYNJPY"}]
    ids = {Intent.of(make_signal(**change)).intent_id for change in others}
    assert len(ids | {_INTENT.intent_id}) == 5
    assert Intent.of(make_signal(p_long=0.9)).intent_id == _INTENT.intent_id


def test_what_became_of_an_intent_survives_reopening(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with AppendLog(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, make_order(_INTENT.intent_id))
        assert journal.entries[_INTENT.intent_id].is_unresolved
        journal.report(OrderReport(_INTENT.intent_id, OrderState.CLOSED, _POSITION))
    (entry,) = _reopened(path).entries.values()
    assert (entry.intent, entry.fate, entry.position) == (_INTENT, OrderState.CLOSED, _POSITION)
    assert not entry.is_unresolved


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.NEVER_ARRIVED, Fate.UNKNOWN])
def test_a_settled_fate_survives_reopening(tmp_path: Path, fate: Fate) -> None:
    path = tmp_path / "journal.jsonl"
    with AppendLog(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, make_order(_INTENT.intent_id))
        journal.settle(_INTENT.intent_id, fate, "because")
    entry = _reopened(path).entries[_INTENT.intent_id]
    assert entry.fate is fate
    assert entry.is_unresolved == (fate is Fate.UNKNOWN)


def test_an_intent_is_made_once(tmp_path: Path) -> None:
    with AppendLog(tmp_path / "journal.jsonl") as log:
        journal = Journal(log)
        journal.decline(_INTENT, "position_open")
        with pytest.raises(JournalError, match="is in the journal already"):
            journal.intend(_INTENT, make_order(_INTENT.intent_id))


@pytest.mark.parametrize("line", ['{"kind":"fate","intent_id":"x","fate":"refused"}', '{"kind":"?"}', "[]"])
def test_a_foreign_record_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(f"{line}\n".encode())
    with AppendLog(path) as log, pytest.raises(JournalError, match="not a journal record"):
        Journal(log)
