from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import JournalError
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Fate, Fill, Intent, OrderReport, OrderState, Outcome, Position, Request
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order, make_signal, open_log

_INTENT = Intent.of(make_signal())
_ORDER = make_order(_INTENT.intent_id)
_POSITION = Position(Fill(2, 1, 1.1), Fill(3, 2, 1.2), Outcome.TARGET, 0.1)


def _reopened(path: Path) -> Journal:
    with open_log(path) as log:
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
    with open_log(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, _ORDER)
        assert not journal.entries[_INTENT.intent_id].is_sent
        journal.sending(replace(_ORDER, volume=Decimal("0.30")))
        assert journal.entries[_INTENT.intent_id].is_unresolved
        journal.report(OrderReport(_INTENT.intent_id, OrderState.CLOSED, _POSITION))
    (entry,) = _reopened(path).entries.values()
    assert (entry.intent, entry.fate, entry.position) == (_INTENT, OrderState.CLOSED, _POSITION)
    assert entry.order == replace(_ORDER, volume=Decimal("0.30"))
    assert not entry.is_unresolved


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.NEVER_ARRIVED, Fate.UNKNOWN])
def test_a_settled_fate_survives_reopening(tmp_path: Path, fate: Fate) -> None:
    path = tmp_path / "journal.jsonl"
    with open_log(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, _ORDER)
        journal.settle(_INTENT.intent_id, fate, "because")
    entry = _reopened(path).entries[_INTENT.intent_id]
    assert entry.fate is fate
    assert entry.is_unresolved == (fate is Fate.UNKNOWN)


def test_an_intent_is_made_once(tmp_path: Path) -> None:
    with open_log(tmp_path / "journal.jsonl") as log:
        journal = Journal(log)
        journal.decline(_INTENT, "position_open")
        with pytest.raises(JournalError, match="is in the journal already"):
            journal.intend(_INTENT, _ORDER)


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "fate", "intent_id": "x", "fate": "refused", "reason": "", "detail": ""},
        {"kind": "sending", "intent_id": _INTENT.intent_id, "volume": "much"},
        {"kind": "report", "intent_id": _INTENT.intent_id, "state": "open"},
        {"kind": "?"},
        {},
    ],
)
def test_a_foreign_record_is_refused_by_file_and_line(tmp_path: Path, record: dict[str, str]) -> None:
    path = tmp_path / "journal.jsonl"
    with open_log(path) as log:
        Journal(log).intend(_INTENT, _ORDER)
        log.append(record, durable=False)
    with (
        open_log(path) as log,
        pytest.raises(JournalError, match=r"journal.jsonl, line 3: not a journal record"),
    ):
        Journal(log)


def test_what_left_is_not_sent_again(tmp_path: Path) -> None:
    with open_log(tmp_path / "journal.jsonl") as log:
        journal = Journal(log)
        journal.intend(_INTENT, _ORDER)
        journal.sending(_ORDER)
        with pytest.raises(JournalError, match=r"is sending. Expected one that never left"):
            journal.sending(_ORDER)


def test_what_else_is_asked_for_survives_reopening(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with open_log(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, _ORDER)
        journal.sending(_ORDER)
        journal.request(Request(_INTENT.intent_id, "modify", "break_even", 1.1))
        journal.request(Request(_INTENT.intent_id, "close", Outcome.TIME))
        journal.fact({"fact": "killed"})
        journal.note("stranger", {"ticket": 5})
    journal = _reopened(path)
    entry = journal.entries[_INTENT.intent_id]
    assert (entry.asked_stop, entry.closing) == (1.1, Outcome.TIME)
    assert journal.facts == [{"fact": "killed"}]


def test_a_brokers_position_survives_reopening_to_the_cent(tmp_path: Path) -> None:
    position = replace(
        _POSITION,
        volume=Decimal("0.3"),
        left=Decimal("0.1"),
        stop=1.09,
        target=1.2,
        money=Decimal("-0.07"),
        ticket=7,
    )
    path = tmp_path / "journal.jsonl"
    with open_log(path) as log:
        journal = Journal(log)
        journal.intend(_INTENT, _ORDER)
        journal.report(OrderReport(_INTENT.intent_id, OrderState.OPEN, position, "a part was closed by hand"))
    entry = _reopened(path).entries[_INTENT.intent_id]
    assert (entry.position, entry.detail) == (position, "a part was closed by hand")


def _trade_once(folder: Path) -> None:
    """An intent, its order and the word that it was accepted; the terminal's log has the order."""
    with open_log(folder / "b.jsonl") as journal_log, open_log(folder / "t.jsonl") as terminal_log:
        journal, terminal = Journal(journal_log), PaperTerminal(terminal_log, flat(0.0))
        journal.hold_against(terminal)
        journal.intend(_INTENT, _ORDER)
        journal.sending(_ORDER)
        terminal.place(_ORDER)
        report = terminal.find(_INTENT.intent_id)
        assert report is not None
        journal.report(report)


def _held(folder: Path) -> None:
    with open_log(folder / "b.jsonl") as journal_log, open_log(folder / "t.jsonl") as terminal_log:
        Journal(journal_log).hold_against(PaperTerminal(terminal_log, flat(0.0)))


def test_journal_and_terminal_fit(tmp_path: Path) -> None:
    _trade_once(tmp_path)
    _held(tmp_path)


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_shortened_journal_shows_against_the_terminal(tmp_path: Path, lines: int) -> None:
    """Of four lines the last may be missing: what a terminal said it says again."""
    _trade_once(tmp_path)
    path = tmp_path / "b.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    with pytest.raises(JournalError, match=rf"b.jsonl: .* without a word of sending {_INTENT.intent_id}"):
        _held(tmp_path)


@pytest.mark.parametrize("lines", [0, 1])
def test_a_shortened_terminals_log_shows_against_the_journal(tmp_path: Path, lines: int) -> None:
    _trade_once(tmp_path)
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    with pytest.raises(
        JournalError, match=r"b.jsonl, line 4: .* the terminal's log to hold the line [0-9a-f]{64}"
    ):
        _held(tmp_path)


def test_another_accounts_log_is_refused(tmp_path: Path) -> None:
    _trade_once(tmp_path / "mine")
    _trade_once(tmp_path / "other")
    with ChainedLog(tmp_path / "x.jsonl", {"account": "another"}):
        pass
    (tmp_path / "mine" / "t.jsonl").write_bytes((tmp_path / "x.jsonl").read_bytes())
    with pytest.raises(
        JournalError, match=r"t.jsonl, line 1: Expected the file of .*tests.*, was that of .*another"
    ):
        _held(tmp_path / "mine")


def test_a_damaged_record_of_the_terminal_is_refused_by_file_and_line(tmp_path: Path) -> None:
    with open_log(tmp_path / "t.jsonl") as log:
        log.append({"kind": "report", "intent_id": "x"}, durable=False)
    with pytest.raises(JournalError, match=r"t.jsonl, line 2: not a record of the paper terminal"):
        _held(tmp_path)
