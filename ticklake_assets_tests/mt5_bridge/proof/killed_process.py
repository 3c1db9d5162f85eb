"""A day whose process, bridge and broker alike, is killed by SIGKILL again and again; only their files live on.

python -m ticklake_assets_tests.mt5_bridge.proof.killed_process FOLDER SEED LIFE
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from mt5_bridge.simulated.faults import Faults
from ticklake_assets_tests.mt5_bridge.proof.auditor import Audit
from ticklake_assets_tests.mt5_bridge.proof.faulty_day import QUOTES, Hands, Life, audited, live, make_world

_MOST_KILLS = 8
_LONGEST_S = 2.0


def play_killed(folder: Path, seed: int) -> tuple[Audit, int]:
    """One day; returns what the auditor found, and how many processes were killed."""
    random, kills = Random(seed), 0
    for life in range(_MOST_KILLS + 1):
        command = [sys.executable, "-m", __spec__.name, str(folder), str(seed), str(life)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"  # imported, and about to begin
        if life < _MOST_KILLS:
            time.sleep(random.uniform(0, _LONGEST_S))
            process.kill()
        code = process.wait()
        process.stdout.close()
        if code == 0:
            break
        assert code < 0, f"seed {seed}: a bridge ended with {code}"
        kills += 1
    return audited(folder), kills


def _main(folder: Path, seed: int, life: int) -> None:
    world = make_world(folder, seed)
    world.random.seed(f"{seed}|{life}")
    print("ready", flush=True)
    live(world, Life(None), QUOTES, Hands())
    world.reopen(Faults())
    live(world, Life(None), len(world.quotes), Hands())
    world.server.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
