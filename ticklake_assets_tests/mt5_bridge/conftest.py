"""On a machine with the extra `bridge` alone, like a trader's with Windows, run the tests that need no more:

    python -m pytest -o filterwarnings=error --confcutdir ticklake_assets_tests/mt5_bridge \\
        ticklake_assets_tests/mt5_bridge

Those that hold the bridge against the endpoint, the labels or the landing files need what these need.
"""

from __future__ import annotations

from importlib.util import find_spec

NEEDS = {
    "test_cli.py": "fastapi",
    "commands/test_doctor.py": "fastapi",
    "wire/test_client.py": "fastapi",
    "ticks/test_day_file.py": "pyarrow",
    "test_files.py": "fcntl",
    "ticks/test_history.py": "pyarrow",
    "ticks/test_recording.py": "pyarrow",
    "paper/test_terminal.py": "numba",
    "replay/test_replay.py": "fastapi",
    "replay/test_simulated_desk.py": "fastapi",
    "paper/test_same_trades.py": "numba",
    "attribution/test_table.py": "numba",
    "backtest/test_figures.py": "numba",
    "backtest/test_run.py": "fastapi",
    "test_run_command.py": "fastapi",
    "running/test_demo.py": "fastapi",
    "running/test_day_record.py": "fastapi",
    "running/test_paper.py": "fastapi",
    "running/test_simulated.py": "fastapi",
    "paper/test_same_risk.py": "numba",
    "windows/test_under_wine.py": "fastapi",
}


def is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # put out of reach by a test
        return False


collect_ignore = [file for file, module in NEEDS.items() if not is_here(module)]
