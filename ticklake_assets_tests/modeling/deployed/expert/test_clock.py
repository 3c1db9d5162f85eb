"""The expert's broker clock and calendar, compiled as C++."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.expert.clock_changes import FIRST_YEAR, LAST_YEAR, clock_changes
from ticklake_assets.modeling.deployed.expert.export import expert_files
from ticklake_assets_tests.modeling.deployed.expert.bundles import bundle_of, expires_us
from ticklake_assets_tests.modeling.deployed.expert.compiling import compiled, needs_compiler, write_sources

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = """
#include "mql5.h"
#include "clock.mqh"
int main() {
  BrokerClock clock;
  ResetClock(clock);
  for (long wall; std::cin >> wall;) std::cout << UtcOfNewYorkPlus7(clock, wall) << "\\n";
}
"""
_DAYS = """
#include "mql5.h"
#include "clock.mqh"
int main() {
  for (long day = FIRST_DAY - 1; day <= FIRST_DAY + DAYS; day++)
    std::cout << day << " " << (IsKnownDay(day * DAY_US) ? DayEndUs(day * DAY_US) : -1) << "\\n";
}
"""


def _walls() -> list[datetime]:
    """What the server's clock showed around each change, and far from any; then hours that don't occur."""
    clock, walls = BrokerClock.parse(MOST_BROKERS), []
    for change in clock_changes():
        about = _EPOCH + timedelta(seconds=change.wall_s)
        walls += [clock.wall(about + timedelta(minutes=7 * n)) for n in range(-90, 30)]
        walls += [about + timedelta(minutes=7 * n) for n in range(100, 110)]
    walls += [
        _EPOCH + timedelta(seconds=change.wall_s + 60 * n)
        for change in clock_changes()
        for n in (-1, 0, 59, 60)
    ]
    return walls


@needs_compiler
def test_the_clock_of_the_server_is_read_as_the_bridge_reads_it(tmp_path: Path) -> None:
    assert len(clock_changes()) == 2 * (LAST_YEAR - FIRST_YEAR + 1)
    write_sources(_files(tmp_path), tmp_path)
    made = compiled(_CLOCK, tmp_path)
    assert made.returncode == 0, made.stderr
    walls = _walls()
    told = "\n".join(str((wall - _EPOCH) // timedelta(milliseconds=1)) for wall in walls)
    done = subprocess.run([str(tmp_path / "program")], input=told, capture_output=True, text=True, check=True)
    expected = [
        (each.utc - _EPOCH) // timedelta(milliseconds=1)
        for each in BrokerClock.parse(MOST_BROKERS).utc_times(walls)
    ]
    assert [int(line) for line in done.stdout.split()] == expected


@needs_compiler
def test_a_day_ends_when_the_calendar_says(tmp_path: Path) -> None:
    write_sources(_files(tmp_path), tmp_path)
    made = compiled(_DAYS, tmp_path)
    assert made.returncode == 0, made.stderr
    done = subprocess.run([str(tmp_path / "program")], capture_output=True, text=True, check=True)
    (_, before), *known, (_, after) = [map(int, line.split()) for line in done.stdout.splitlines()]
    assert (before, after) == (-1, -1)
    bundle = bundle_of(tmp_path, _DAY, anomaly=1e9, gap=1e9)
    for number, end_us in known:
        day = SymbolDay(_DAY.symbol, date(1970, 1, 1) + timedelta(days=number))
        assert end_us == day_end_us(day, bundle.instrument)


_DAY = SymbolDay("EURUSD", date(2024, 1, 17))


def _files(folder: Path) -> dict[str, bytes]:
    bundle = bundle_of(folder, _DAY, anomaly=1e9, gap=1e9)
    return expert_files(bundle, tradable=True, expires_us=expires_us(bundle))
