from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from mt5_bridge.replay.session import Session

_DAY = date(2024, 1, 17)


def test_the_same_replay_finds_its_journal_and_every_other_one_has_its_own(tmp_path: Path) -> None:
    csv, other = tmp_path / "day.csv", tmp_path / "other.csv"
    csv.write_text("one")
    other.write_text("other")
    session = Session.of("SYNEUR", _DAY, csv, "b" * 64)
    assert Session.of("SYNEUR", _DAY, csv.rename(tmp_path / "moved.csv"), "b" * 64) == session
    others = [
        replace(session, symbol="SYNJPY"),
        replace(session, trading_day=date(2024, 1, 16)),
        replace(session, bundle="c" * 64),
        replace(session, bundle=None),
        Session.of("SYNEUR", _DAY, other, "b" * 64),
    ]
    paths = set()
    for each in (session, *others):
        with each.journal_log(tmp_path) as journal, each.terminal_log(tmp_path) as terminal:
            paths |= {journal.path, terminal.path}
    assert len(paths) == 12
    assert {path.parent for path in paths} == {tmp_path}
    assert all(path.name.startswith("SYN") for path in paths)
