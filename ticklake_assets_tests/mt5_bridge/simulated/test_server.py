"""The broker survives its process: its log alone rebuilds it, and tells when it is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt5_bridge.errors import JournalError
from mt5_bridge.simulated.broker import Execution
from mt5_bridge.simulated.faults import Faults, RequestFault
from mt5_bridge.simulated.server import Server
from ticklake_assets_tests.mt5_bridge.simulated.brokers import LOGIN, asked, eurusd, make_broker, quotes

ROWS = quotes(*((n, 1.1 + n % 7 / 1e4, 1.1001 + n % 7 / 1e4) for n in range(40)))
BROKER = make_broker(eurusd(commission_per_lot="3"), execution=Execution(entry_latency_ms=300))
SENT_AT = (2, 9, 16, 23, 30)


def _day(path: Path) -> Server:
    """A day of five orders with stops; those that the log knows already are not sent again."""
    server = Server(BROKER, {"EURUSD": ROWS}, path)
    known = set(server.order_ids())
    for second in SENT_AT:
        if str(second) not in known:
            server.run_until(ROWS[second].ts_us)
            server.send(LOGIN, asked("buy", comment=f"tl-{second}", sl=1.0999, tp=1.1006))
    while server.step():
        pass
    return server


def test_a_kill_after_any_line_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "broker.jsonl"
    whole = _day(path)
    whole.close()
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    assert len(lines) > 10
    for cut in range(1, len(lines)):
        path.write_bytes(b"".join(lines[:cut]) + lines[cut][:20])  # the next one was being written
        again = _day(path)
        again.close()
        assert path.read_bytes() == content
        assert again.head == whole.head


def test_its_head_is_known_and_its_orders_are_named_by_intent(tmp_path: Path) -> None:
    server = _day(tmp_path / "broker.jsonl")
    assert server.holds(server.head)
    assert not server.holds("0" * 64)
    assert server.order_ids() == [str(second) for second in SENT_AT]
    server.close()


def test_another_brokers_log_is_refused_and_other_faults_are_not(tmp_path: Path) -> None:
    path = tmp_path / "broker.jsonl"
    _day(path).close()
    faulty = BROKER.model_copy(update={"faults": Faults(seed=1, requests={RequestFault.LOST: 0.5})})
    Server(faulty, {"EURUSD": ROWS}, path).close()
    other = make_broker(eurusd(commission_per_lot="4"), execution=BROKER.execution)
    with pytest.raises(JournalError, match=r"broker\.jsonl, line 1"):
        Server(other, {"EURUSD": ROWS}, path)


def test_a_changed_line_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "broker.jsonl"
    _day(path).close()
    path.write_bytes(path.read_bytes().replace(b'"comment":"tl-9"', b'"comment":"tl-8"', 1))
    with pytest.raises(JournalError, match="line"):
        Server(BROKER, {"EURUSD": ROWS}, path)
