from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.terminal.package import load_mt5, running_terminal
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import ScriptedMt5, TerminalInfo


def test_a_terminal_is_let_go() -> None:
    mt5 = ScriptedMt5()
    with running_terminal(mt5):
        assert mt5.calls == ["initialize", "terminal_info"]
    assert mt5.calls[-1] == "shutdown"


def test_a_terminal_is_let_go_after_an_error() -> None:
    mt5 = ScriptedMt5()
    with pytest.raises(ZeroDivisionError), running_terminal(mt5):
        raise ZeroDivisionError
    assert mt5.calls[-1] == "shutdown"


@pytest.mark.parametrize(
    ("mt5", "complaint"),
    [
        (
            ScriptedMt5(fails={"initialize": (-10003, "IPC initialize failed, MetaTrader 5 x64 not found")}),
            "a running terminal, was error -10003 (IPC initialize failed, MetaTrader 5 x64 not found)",
        ),
        (
            ScriptedMt5(fails={"terminal_info": (-10005, "IPC timeout")}),
            "the state of the terminal, was error -10005 (IPC timeout)",
        ),
        (
            ScriptedMt5(terminal=TerminalInfo(connected=False)),
            "a terminal connected to its broker, was offline",
        ),
    ],
)
def test_a_terminal_that_does_not_answer_is_one_line(mt5: ScriptedMt5, complaint: str) -> None:
    with pytest.raises(TerminalError) as caught, running_terminal(mt5):
        pytest.fail("went on")
    assert str(caught.value) == f"MetaTrader 5: Expected {complaint}"
    assert mt5.calls[-1] == "shutdown"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows may have the package")
def test_elsewhere_than_on_windows_it_says_so() -> None:
    with pytest.raises(TerminalError, match=r"MetaTrader5 runs on Windows only. Expected win32, was linux"):
        load_mt5()


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (None, "Expected the package MetaTrader5, which the extra 'bridge' installs, was: "),
        ("import numpy_of_another_age", "'bridge' installs, was: No module named 'numpy_of_another_age'"),
        ("", "loaded"),
    ],
)
def test_on_windows_the_import_says_what_is_wrong(tmp_path: Path, module: str | None, complaint: str) -> None:
    """In a process that is told to be on Windows."""
    if module is not None:
        (tmp_path / "MetaTrader5.py").write_text(module)
    absent = "" if module is not None else "sys.modules['MetaTrader5'] = None\n"
    script = (
        f"import sys\n{absent}from mt5_bridge.terminal.package import load_mt5\n"
        f"sys.path.insert(0, {str(tmp_path)!r}); sys.platform = 'win32'\n"
        "try: print('loaded', load_mt5().__name__)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert complaint in done.stdout
