"""The vendor's real package holds what the bridge uses of it: hand-made stand-ins drift, this one may not.

The package exists for Windows alone. Its constants are read from its source, and its names from its binary.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.simulated import constants, records
from mt5_bridge.terminal.package import Mt5, SymbolInfo, TerminalInfo
from mt5_bridge.terminal.records import (
    Account,
    BrokerOrder,
    BrokerPosition,
    Checked,
    Deal,
    Sent,
    Symbol,
    SymbolTick,
)
from mt5_bridge.terminal.retcodes import INVALID_PARAMS, RETCODES
from mt5_bridge.ticks.pieces import TickRow
from mt5_bridge.trading.account_costs import DealTerms, SymbolTerms
from mt5_bridge.trading.modes import AccountInfo
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import ASK, BID, TICK_DTYPE, Constants
from ticklake_assets_tests.mt5_bridge.simulated.argument_calls import FITTING

pytestmark = pytest.mark.slow
_REPOSITORY = Path(__file__).resolve().parents[3]
_UNREACHABLE = r"client error \(Connect\)|dns error|timed out|network was disabled|NewConnectionError"


class Package(NamedTuple):
    constants: dict[str, object]
    binary: bytes

    def has(self, name: str) -> bool:
        """Whether the binary knows the name of a function or a field."""
        return f"\0{name}\0".encode() in self.binary


def _members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def _requirement() -> str:
    project = tomllib.loads((_REPOSITORY / "pyproject.toml").read_text())["project"]
    lines: list[str] = project["optional-dependencies"]["bridge"]
    return next(line for line in lines if line.startswith("metatrader5")).split(";")[0]


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, check=False)
    unreachable = re.search(_UNREACHABLE, done.stderr)
    if done.returncode and unreachable:
        pytest.skip(f"the package registry cannot be reached: {unreachable[0]}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module", params=["lowest", "highest"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The oldest and the newest release that the extra `bridge` allows."""
    folder = tmp_path_factory.mktemp(request.param)
    options = ("--only-binary", ":all:", "--resolution", request.param, "--target", folder)
    windows = ("--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11")
    python = ("--python", sys.executable, "--no-deps")
    _run(_run("stack/setup/uv.sh"), "pip", "install", *python, *windows, *options, _requirement())
    module = ast.parse((folder / "MetaTrader5" / "__init__.py").read_text())
    [binary] = (folder / "MetaTrader5").glob("_core*.pyd")
    return Package(dict(_constants(module)), binary.read_bytes())


def _constants(module: ast.Module) -> list[tuple[str, object]]:
    """Assignments of literals and of two of them (`1 | 0x4000`)."""
    return [
        (line.targets[0].id, _literal(line.value))
        for line in module.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    ]


def _literal(value: ast.expr) -> Any:
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return _literal(value.left) | _literal(value.right)
    return ast.literal_eval(value)


def test_constants_are_the_vendors(package: Package) -> None:
    names = set(Mt5.__annotations__)
    assert names == {name for name in vars(Constants) if name.isupper()}
    assert {name: package.constants.get(name) for name in names} == {
        name: getattr(Constants, name) for name in names
    }
    assert (package.constants["TICK_FLAG_BID"], package.constants["TICK_FLAG_ASK"]) == (BID, ASK)


def test_each_answer_of_the_vendors_is_in_the_table(package: Package) -> None:
    prefix = "TRADE_RETCODE_"
    vendors = {
        name.removeprefix(prefix): code for name, code in package.constants.items() if name.startswith(prefix)
    }
    assert {row.name: row.code for row in RETCODES.values()} == vendors
    assert package.constants["RES_E_INVALID_PARAMS"] == INVALID_PARAMS


def test_functions_are_the_vendors(package: Package) -> None:
    functions = _members(Mt5) | _members(RunningMt5)
    assert len(functions) == 17
    assert [name for name in sorted(functions) if not package.has(name)] == []


def test_fields_are_the_vendors(package: Package) -> None:
    assert TICK_DTYPE.names is not None
    assert set(TickRow._fields) <= set(TICK_DTYPE.names)
    records = (Account, Symbol, SymbolTick, BrokerOrder, BrokerPosition, Deal, Sent, Checked)
    protocols = (TerminalInfo, SymbolInfo, AccountInfo, SymbolTerms, DealTerms)
    fields = {*TICK_DTYPE.names}.union(*(_members(protocol) for protocol in protocols))
    fields = fields.union(*(record._fields for record in records))
    assert [name for name in sorted(fields) if not package.has(name)] == []


def test_the_simulated_terminal_has_each_constant(package: Package) -> None:
    ours = {name: value for name, value in vars(constants).items() if name.isupper()}
    assert {name: value for name, value in package.constants.items() if isinstance(value, int)} == ours


def test_the_simulated_terminal_has_names_that_the_package_has(package: Package) -> None:
    """Functions, classes and their fields; the order of fields is compared where the package runs."""
    kinds: list[Any] = [value for value in vars(records).values() if isinstance(value, type)]
    classes = {kind.__name__: kind.__match_args__ for kind in kinds if kind.__base__ is records.Record}
    columns = {*(records.TICK_DTYPE.names or ()), *(records.RATE_DTYPE.names or ())}
    names = {*FITTING, *classes, *columns}.union(*classes.values())
    assert [name for name in sorted(names) if not package.has(name)] == []


def test_dates_are_taken_by_their_timestamp(package: Package) -> None:
    """So a wall clock that is labelled UTC asks for that wall clock, whatever zone the machine has."""
    assert package.has("timestamp")


def test_a_name_that_the_vendor_does_not_have_would_show(package: Package) -> None:
    assert not package.has("copy_ticks_between")
    assert "TICK_FLAG_MID" not in package.constants
