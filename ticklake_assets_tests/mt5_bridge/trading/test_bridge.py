"""The bridge on a real paper terminal and a real journal, killed at every write."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.append_log import AppendLog, Record
from mt5_bridge.errors import OutcomeUnknown, TerminalError
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.bridge import Bridge, Mode, open_terminal
from mt5_bridge.trading.journal import Entry, Fate, Journal
from mt5_bridge.trading.words import Order, OrderReport, OrderState
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets_tests.mt5_bridge.orders import FACTS, flat, make_signal

_STEPS = 40


def _ticks() -> list[tuple[Tick, Answer]]:
    """A quote a second, up and down around 1.1; a signal with every third."""
    stream = []
    for step in range(1, _STEPS + 1):
        bid = 1.1 + (step % 7 - 3) * 5e-5
        ts_us = step * 1_000_000
        tick = Tick(step, ts_us, round(bid, 5), round(bid + 2e-5, 5), 1.0, 1.0)
        signal = make_signal(ts_us, horizon_end_us=ts_us + 5_000_000) if step % 3 == 0 else None
        stream.append((tick, Answer(step, "clean", None, signal)))
    return stream


def _run(journal_log: AppendLog, terminal_log: AppendLog) -> Journal:
    journal = Journal(journal_log)
    bridge = Bridge("SYNEUR", journal, PaperTerminal(terminal_log, flat(1e-5)), trade_shadow=False)
    for tick, answer in _ticks():
        bridge.on_answer(tick, answer)
    bridge.end_of_day()
    return journal


def _entries(folder: Path) -> dict[str, Entry]:
    with AppendLog(folder / "b.jsonl") as journal_log, AppendLog(folder / "t.jsonl") as terminal_log:
        return _run(journal_log, terminal_log).entries


def _one(folder: Path, signal: Signal, *, trade_shadow: bool = False) -> tuple[Bridge, list[Entry]]:
    with AppendLog(folder / "b.jsonl") as journal_log, AppendLog(folder / "t.jsonl") as terminal_log:
        journal = Journal(journal_log)
        bridge = Bridge("SYNEUR", journal, PaperTerminal(terminal_log, flat(0.0)), trade_shadow=trade_shadow)
        bridge.on_answer(Tick(1, 1_000_000, 1.1, 1.10002, 1.0, 1.0), Answer(1, "clean", None, signal))
        return bridge, list(journal.entries.values())


def test_a_tradable_signal_becomes_an_accepted_order(tmp_path: Path) -> None:
    bridge, (entry,) = _one(tmp_path, make_signal())
    assert entry.fate is OrderState.ACCEPTED
    assert not bridge.passed_over


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"abstain": ("incomplete_day", "out_of_distribution")}, "incomplete_day"),
        ({"side": "none", "stop": None, "target": None}, "no_side"),
        ({"tradable": False}, "shadow"),
    ],
)
def test_what_is_not_to_be_acted_on_becomes_no_intent(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    bridge, entries = _one(tmp_path, make_signal(**changes))
    assert entries == []
    assert bridge.passed_over == {reason: 1}


def test_shadows_are_traded_on_paper_when_asked_for(tmp_path: Path) -> None:
    _, (entry,) = _one(tmp_path, make_signal(tradable=False), trade_shadow=True)
    assert entry.fate is OrderState.ACCEPTED


@pytest.mark.parametrize("status", ["quarantined", "late"])
def test_the_terminal_sees_only_clean_quotes(tmp_path: Path, status: str) -> None:
    with AppendLog(tmp_path / "b.jsonl") as journal_log, AppendLog(tmp_path / "t.jsonl") as terminal_log:
        journal = Journal(journal_log)
        bridge = Bridge("SYNEUR", journal, PaperTerminal(terminal_log, flat(0.0)), trade_shadow=False)
        bridge.on_answer(Tick(1, 1_000_000, 1.1, 1.10002, 1.0, 1.0), Answer(1, "clean", None, make_signal()))
        bridge.on_answer(Tick(2, 2_000_000, 1.1, 1.10002, 1.0, 1.0), Answer(2, status, None, None))  # type: ignore[arg-type]
        (entry,) = journal.entries.values()
        assert entry.fate is OrderState.ACCEPTED
        bridge.on_answer(Tick(3, 3_000_000, 1.1, 1.10002, 1.0, 1.0), Answer(3, "clean", None, None))
        assert entry.fate is OrderState.OPEN
        assert entry.position is not None
        assert entry.position.entry.seq == 3


def test_signals_while_a_position_is_open_are_declined_for_good(tmp_path: Path) -> None:
    first = _entries(tmp_path)
    fates = [entry.fate for entry in first.values()]
    assert fates.count(Fate.DECLINED) > 0
    assert fates.count(OrderState.CLOSED) > 1
    assert set(fates) <= {Fate.DECLINED, OrderState.CLOSED, OrderState.NO_ENTRY}
    assert _entries(tmp_path) == first, "running the day again decided something anew"


class _Killed(BaseException):
    """The process dies here."""


class _DyingLog(AppendLog):
    """Dies at the n-th write over all logs that share `lives`, leaving `share` of the line on disk."""

    def __init__(self, path: Path, lives: list[int], share: float) -> None:
        self._lives = lives
        self._share = share
        super().__init__(path)

    def _write(self, line: bytes) -> None:
        if self._lives[0] == 0:
            super()._write(line[: int(len(line) * self._share)])
            raise _Killed
        self._lives[0] -= 1
        super()._write(line)


def _run_until_killed(folder: Path, writes: int, share: float) -> bool:
    lives = [writes]
    with (
        _DyingLog(folder / "b.jsonl", lives, share) as journal_log,
        _DyingLog(folder / "t.jsonl", lives, share) as terminal_log,
    ):
        try:
            _run(journal_log, terminal_log)
        except _Killed:
            return True
    return False


def _terminal_records(folder: Path) -> list[Record]:
    with AppendLog(folder / "t.jsonl") as log:
        return log.records


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_killed_at_every_write_there_is_at_most_one_position_an_intent(tmp_path: Path, share: float) -> None:
    undisturbed = _entries(tmp_path / "undisturbed")
    writes = 0
    while True:
        folder = tmp_path / str(writes)
        if not _run_until_killed(folder, writes, share):
            break
        entries = _entries(folder)
        _assert_explained(folder, entries)
        lost = [intent_id for intent_id, entry in entries.items() if entry.fate is Fate.NEVER_ARRIVED]
        assert len(lost) <= 1, "one death loses at most the order that was being sent"
        if not lost:
            assert entries == undisturbed
        writes += 1
    assert writes > 30


@settings(max_examples=25)
@given(deaths=st.lists(st.tuples(st.integers(0, 25), st.floats(0, 1)), min_size=2, max_size=6))
def test_killed_again_and_again(
    tmp_path_factory: pytest.TempPathFactory, deaths: list[tuple[int, float]]
) -> None:
    folder = tmp_path_factory.mktemp("deaths")
    for writes, share in deaths:
        _run_until_killed(folder, writes, share)
    _assert_explained(folder, _entries(folder))


def _assert_explained(folder: Path, entries: dict[str, Entry]) -> None:
    """No order twice, none without an intent before it, none that the journal tells otherwise."""
    placed = [record["intent_id"] for record in _terminal_records(folder) if record["kind"] == "order"]
    assert len(placed) == len(set(placed))
    sent = {
        intent_id
        for intent_id, entry in entries.items()
        if entry.fate not in {Fate.DECLINED, Fate.NEVER_ARRIVED}
    }
    assert set(placed) == sent
    assert all(
        entry.fate in {OrderState.CLOSED, OrderState.NO_ENTRY, Fate.DECLINED, Fate.NEVER_ARRIVED}
        for entry in entries.values()
    )


class _SilentTerminal(PaperTerminal):
    """Its answers get lost: orders arrive, or not, and for a while it cannot say."""

    def __init__(self, log: AppendLog, *, arrives: bool) -> None:
        super().__init__(log, 0.0)
        self._arrives = arrives
        self.mute = True
        self.asked_to_place = 0

    def place(self, order: Order) -> None:
        self.asked_to_place += 1
        if self._arrives:
            super().place(order)
        raise OutcomeUnknown("no answer within 10 s")

    def find(self, intent_id: str) -> OrderReport | None:
        if self.mute:
            raise OutcomeUnknown("no connection")
        return super().find(intent_id)

    def is_busy(self, symbol: str) -> bool:
        return not self.mute and super().is_busy(symbol)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_unknown_outcome_is_asked_for_and_never_sent_again(tmp_path: Path, *, arrives: bool) -> None:
    with ExitStack() as opened:
        journal = Journal(opened.enter_context(AppendLog(tmp_path / "b.jsonl")))
        terminal = _SilentTerminal(opened.enter_context(AppendLog(tmp_path / "t.jsonl")), arrives=arrives)
        bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False)

        def show(step: int) -> None:
            ts_us = step * 1_000
            tick = Tick(step, ts_us, 1.1, 1.10002, 1.0, 1.0)
            bridge.on_answer(tick, Answer(step, "clean", None, make_signal(ts_us, earliest_entry_us=10**12)))

        show(1)
        (entry,) = journal.entries.values()
        assert entry.fate is Fate.UNKNOWN
        show(2)
        assert terminal.asked_to_place == 1, "another order while the first one's fate is unknown"
        terminal.mute = False
        show(3)
        assert entry.fate is (OrderState.ACCEPTED if arrives else Fate.NEVER_ARRIVED)
        assert terminal.asked_to_place == (1 if arrives else 2)


def test_modes_that_need_metatrader_say_so(tmp_path: Path) -> None:
    with AppendLog(tmp_path / "t.jsonl") as log:
        assert isinstance(open_terminal(Mode.PAPER, log, FACTS), PaperTerminal)
        for mode in (Mode.DEMO, Mode.LIVE):
            with pytest.raises(TerminalError, match=f"needs an adapter .*Expected mode paper, was {mode}"):
                open_terminal(mode, log, FACTS)
