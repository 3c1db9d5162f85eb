"""`make proof-bridge`: days full of faults and deaths until so many orders were sent; each seed can be played again.

    python -m ticklake_assets_tests.mt5_bridge.proof [--orders 10000] [--seed 1] [--kills 40] [--processes 2]

The first days die in one process, the last ones are processes killed by SIGKILL at a random moment.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from ticklake_assets_tests.mt5_bridge.proof.auditor import Audit
from ticklake_assets_tests.mt5_bridge.proof.faulty_day import play
from ticklake_assets_tests.mt5_bridge.proof.killed_process import play_killed

_AT_ONCE = 16
"""Days that are handed out together."""


def main() -> int:
    """Exit code 1 where any day has a fault; its seed is printed."""
    asked = argparse.ArgumentParser(description="orders under random faults, held against the broker's log")
    asked.add_argument("--orders", type=int, default=10_000, help="to be sent in all")
    asked.add_argument("--seed", type=int, default=1, help="of the first day")
    asked.add_argument("--kills", type=int, default=40, help="processes to kill by SIGKILL, beside that")
    asked.add_argument("--processes", type=int, default=2)
    given = asked.parse_args()
    began, total = time.monotonic(), _Total()
    seeds = count(given.seed)
    with ProcessPoolExecutor(given.processes) as pool:
        while total.sent < given.orders:
            for seed, audit, deaths in pool.map(_day, islice(seeds, _AT_ONCE)):
                total.add(seed, audit, deaths)
    while total.kills < given.kills:
        seed = next(seeds)
        with TemporaryDirectory() as folder:
            audit, kills = play_killed(Path(folder), seed)
        total.kills += kills
        total.add(seed, audit, 0)
    print(total.told(time.monotonic() - began))
    return 1 if total.faults else 0


class _Total:
    def __init__(self) -> None:
        self.days = self.intents = self.sent = self.positions = self.deaths = self.kills = 0
        self.fates: Counter[str] = Counter()
        self.money = Decimal(0)
        self.faults: list[str] = []

    def add(self, seed: int, audit: Audit, deaths: int) -> None:
        self.days += 1
        self.intents += audit.intents
        self.sent += audit.sent
        self.positions += audit.positions
        self.deaths += deaths
        self.fates += audit.fates
        self.money += audit.money
        for fault in audit.faults:
            self.faults.append(f"seed {seed}: {fault}")
            print(self.faults[-1], file=sys.stderr)

    def told(self, seconds: float) -> str:
        fates = ", ".join(f"{name} {number:,}" for name, number in self.fates.most_common())
        return (
            f"{self.days} days, {self.intents:,} intents, {self.sent:,} orders sent, {self.positions:,} positions, "
            f"{self.deaths} deaths, {self.kills} processes killed, {seconds:.0f} s\n{fates}\n"
            f"money {self.money} by journal and broker; {len(self.faults)} faults"
        )


def _day(seed: int) -> tuple[int, Audit, int]:
    with TemporaryDirectory() as folder:
        return seed, *play(Path(folder), seed)


if __name__ == "__main__":
    sys.exit(main())
