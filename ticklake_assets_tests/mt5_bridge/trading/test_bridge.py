"""The bridge on a real paper terminal and a real journal, killed at every write."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.append_log import ChainedLog, Record
from mt5_bridge.errors import OutcomeUnknown
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.risk import Verdict
from mt5_bridge.trading.words import Entry, Fate, Intent, Order, OrderReport, OrderState, Quote
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order, make_signal, open_log

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


def _run(journal_log: ChainedLog, terminal_log: ChainedLog) -> Journal:
    journal = Journal(journal_log)
    terminal = PaperTerminal(terminal_log, flat(1e-5))
    journal.hold_against(terminal)
    bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False)
    for tick, answer in _ticks():
        bridge.on_answer(tick, answer)
    bridge.end_of_day()
    return journal


def _entries(folder: Path) -> dict[str, Entry]:
    with open_log(folder / "b.jsonl") as journal_log, open_log(folder / "t.jsonl") as terminal_log:
        return _run(journal_log, terminal_log).entries


def _one(folder: Path, signal: Signal, *, trade_shadow: bool = False) -> tuple[Bridge, list[Entry]]:
    with open_log(folder / "b.jsonl") as journal_log, open_log(folder / "t.jsonl") as terminal_log:
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
    with open_log(tmp_path / "b.jsonl") as journal_log, open_log(tmp_path / "t.jsonl") as terminal_log:
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


class _DyingLog(ChainedLog):
    """Dies at the n-th write over all logs that share `lives`, leaving `share` of the line on disk."""

    def __init__(self, path: Path, lives: list[int], share: float) -> None:
        self._lives = lives
        self._share = share
        super().__init__(path, {"account": "tests"})

    def _write(self, line: bytes) -> None:
        if self._lives[0] == 0:
            super()._write(line[: int(len(line) * self._share)])
            raise _Killed
        self._lives[0] -= 1
        super()._write(line)

    def _sync(self) -> None:
        """Only the process dies."""


def _run_until_killed(folder: Path, writes: int, share: float) -> bool:
    lives = [writes]
    with suppress(_Killed), ExitStack() as opened:
        logs = [
            opened.enter_context(_DyingLog(folder / name, lives, share)) for name in ("b.jsonl", "t.jsonl")
        ]
        _run(logs[0], logs[1])
        return False
    return True


def _terminal_records(folder: Path) -> list[Record]:
    with open_log(folder / "t.jsonl") as log:
        return log.records


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_killed_at_every_write_there_is_at_most_one_position_an_intent(tmp_path: Path, share: float) -> None:
    """The same trades as undisturbed, but where it died with `sending` on disk and no order yet at the terminal."""
    undisturbed = _entries(tmp_path / "undisturbed")
    writes = in_between = resumed = 0
    while True:
        folder = tmp_path / str(writes)
        if not _run_until_killed(folder, writes, share):
            break
        left = _last_records(folder)
        entries = _entries(folder)
        _assert_explained(folder, entries)
        lost = [entry for entry in entries.values() if entry.fate is Fate.NEVER_ARRIVED]
        if left["b.jsonl"]["kind"] == "sending" and left["b.jsonl"]["intent_id"] != left["t.jsonl"].get(
            "intent_id"
        ):
            assert [entry.intent.intent_id for entry in lost] == [left["b.jsonl"]["intent_id"]]
            in_between += 1
        else:
            assert entries == undisturbed
            resumed += left["b.jsonl"]["kind"] == "intent" and "fate" not in left["b.jsonl"]
        writes += 1
    assert writes > 40
    assert in_between >= 5
    assert resumed >= 5, "killed between intent and sending"


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="Windows starts processes anew, which takes a second each"
)
def test_a_process_that_is_killed_leaves_what_the_other_deaths_leave(tmp_path: Path) -> None:
    """Gone in the middle of its work at every third write, with nothing closed behind it."""
    for writes in range(0, 60, 3):
        folder = tmp_path / str(writes)
        child = os.fork()
        if not child:
            lives = [writes]
            _run(*(_KilledLog(folder / name, lives, 0.5) for name in ("b.jsonl", "t.jsonl")))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        entries = _entries(folder)
        _assert_explained(folder, entries)


class _KilledLog(_DyingLog):
    def _write(self, line: bytes) -> None:
        try:
            super()._write(line)
        except _Killed:
            os.kill(os.getpid(), signal.SIGKILL)


def _last_records(folder: Path) -> dict[str, Record]:
    """Of each log, what its last whole line says."""
    whole = {
        path.name: path.read_bytes().rpartition(b"\n")[0].split(b"\n")[-1] for path in folder.glob("*.jsonl")
    }
    empty = {"kind": "", "intent_id": ""}
    return {name: json.loads(whole.get(name) or b"null") or empty for name in ("b.jsonl", "t.jsonl")}


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
    unsent = {Fate.DECLINED, Fate.NEVER_ARRIVED}
    assert set(placed) == {intent_id for intent_id, entry in entries.items() if entry.fate not in unsent}
    assert {entry.fate for entry in entries.values()} <= {OrderState.CLOSED, OrderState.NO_ENTRY, *unsent}


class _SilentTerminal(PaperTerminal):
    """Its answers get lost: orders arrive, or not, and for a while it cannot say."""

    def __init__(self, log: ChainedLog, *, arrives: bool) -> None:
        super().__init__(log, flat(0.0))
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

    def busy(self, symbol: str) -> str | None:
        return None if self.mute else super().busy(symbol)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_unknown_outcome_is_asked_for_and_never_sent_again(tmp_path: Path, *, arrives: bool) -> None:
    with ExitStack() as opened:
        journal = Journal(opened.enter_context(open_log(tmp_path / "b.jsonl")))
        terminal = _SilentTerminal(opened.enter_context(open_log(tmp_path / "t.jsonl")), arrives=arrives)
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


class _Rules:
    """Allows what a test says, and takes down what it is told."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.learnt: list[tuple[str, str]] = []

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        return self.verdict

    def learn(self, entry: Entry) -> None:
        self.learnt.append((entry.intent.intent_id, entry.fate))


_NO = Verdict(Decimal(0), "daily_loss", "lost 3 % today")
_YES = Verdict(Decimal("0.25"), "risk_a_trade")


@contextmanager
def _opened(folder: Path, rules: _Rules | None = None) -> Iterator[tuple[Bridge, Journal, PaperTerminal]]:
    with open_log(folder / "b.jsonl") as journal_log, open_log(folder / "t.jsonl") as terminal_log:
        journal, terminal = Journal(journal_log), PaperTerminal(terminal_log, flat(0.0))
        journal.hold_against(terminal)
        yield Bridge("SYNEUR", journal, terminal, trade_shadow=False, risk=rules), journal, terminal


def _show(bridge: Bridge, seconds: float, signal: Signal | None = None) -> None:
    seq = round(seconds * 10)
    tick = Tick(seq, round(seconds * 1e6), 1.1, 1.10002, 1.0, 1.0)
    bridge.on_answer(tick, Answer(seq, "clean", None, signal))


def test_the_rules_say_how_much_and_learn_what_became_of_it(tmp_path: Path) -> None:
    rules = _Rules(_YES)
    with _opened(tmp_path, rules) as (bridge, journal, _):
        _show(bridge, 1, make_signal())
        _show(bridge, 2)
        bridge.end_of_day()
        (entry,) = journal.entries.values()
    assert entry.order is not None
    assert entry.order.volume == Decimal("0.25")
    assert rules.learnt == [(entry.intent.intent_id, fate) for fate in ("accepted", "open", "closed")]


def test_what_the_rules_refuse_is_in_the_journal_with_the_reason(tmp_path: Path) -> None:
    with _opened(tmp_path, _Rules(_NO)) as (bridge, _, terminal):
        _show(bridge, 1, make_signal())
        assert bridge.passed_over == {"daily_loss": 1}
        assert terminal.order_ids() == []
    with _opened(tmp_path, _Rules(_YES)) as (bridge, journal, _):
        _show(bridge, 1, make_signal())
        (entry,) = journal.entries.values()
    assert (entry.fate, entry.reason, entry.detail) == (Fate.DECLINED, "daily_loss", "lost 3 % today")
    assert bridge.passed_over == {"decided_before": 1}


def _intend(folder: Path) -> None:
    """A bridge dies between intent and `sending`."""
    with open_log(folder / "b.jsonl") as log:
        intent = Intent.of(make_signal())
        Journal(log).intend(intent, make_order(intent.intent_id))


@pytest.mark.parametrize(
    ("seconds", "verdict", "fate", "reason"),
    [
        (0.5, _YES, Fate.INTENDED, ""),
        (1.0, _YES, OrderState.ACCEPTED, ""),
        (3.2, _YES, OrderState.ACCEPTED, ""),
        (3.3, _YES, Fate.LAPSED, "entry_window"),
        (1.0, _NO, Fate.LAPSED, "daily_loss"),
    ],
)
def test_what_surely_never_left_is_sent_within_its_window_or_lapses(
    tmp_path: Path, seconds: float, verdict: Verdict, fate: Fate | OrderState, reason: str
) -> None:
    """Its signal is of second 1, its earliest entry of 1.2, its window 2 seconds."""
    _intend(tmp_path)
    with _opened(tmp_path, _Rules(verdict)) as (bridge, journal, terminal):
        _show(bridge, seconds)
        (entry,) = journal.entries.values()
        assert (entry.fate, entry.reason) == (fate, reason)
        assert len(terminal.order_ids()) == (fate is OrderState.ACCEPTED)


def test_what_surely_never_left_lapses_with_the_day(tmp_path: Path) -> None:
    _intend(tmp_path)
    with _opened(tmp_path) as (bridge, journal, _):
        bridge.end_of_day()
        (entry,) = journal.entries.values()
    assert (entry.fate, entry.reason) == (Fate.LAPSED, "day_over")


def test_a_blocked_symbol_gets_no_entry(tmp_path: Path) -> None:
    with _opened(tmp_path) as (bridge, journal, terminal):
        bridge.blocked = "difference"
        _show(bridge, 1, make_signal())
        (entry,) = journal.entries.values()
    assert (entry.fate, entry.reason) == (Fate.DECLINED, "difference")
    assert bridge.passed_over == {"difference": 1}
    assert terminal.order_ids() == []
