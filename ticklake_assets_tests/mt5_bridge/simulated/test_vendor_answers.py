"""The simulated module where no terminal runs, against what the vendor's answered; on Windows against the vendor's."""

from __future__ import annotations

import inspect
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from mt5_bridge.simulated import records
from mt5_bridge.simulated.faults import Faults, Outage, Window
from mt5_bridge.simulated.module import SimulatedMt5
from ticklake_assets_tests.mt5_bridge.simulated.brokers import START_US, flat, make_broker, serve
from ticklake_assets_tests.mt5_bridge.simulated.vendor_calls import answer, calls, recorded

NO_TERMINAL = re.compile(r"(\(-10003), .*")
"""Whether none is installed, or the one named: the simulated terminal, which is away, knows one text."""


@pytest.fixture(scope="module")
def without_terminal() -> SimulatedMt5:
    """Its terminal is away for an update, which is the nearest that a simulated one comes to."""
    away = Window(outage=Outage.RESTARTED, start_us=START_US - 1, end_us=START_US + 10**9)
    return SimulatedMt5(serve(flat(3), make_broker(faults=Faults(windows=(away,)))))


@pytest.fixture(scope="module")
def vendors() -> ModuleType:
    if sys.platform != "win32":
        pytest.skip("the vendor's package is for Windows")
    module = pytest.importorskip("MetaTrader5")
    if module.initialize():
        module.shutdown()
        pytest.skip("a terminal runs here, which would answer")
    return module


def test_each_call_has_its_answer() -> None:
    assert list(recorded()) == list(dict.fromkeys(calls()))


def test_the_vendors_module_answers_as_it_did(vendors: ModuleType) -> None:
    _assert_as_recorded(vendors)


def test_the_simulated_module_answers_as_the_vendors(without_terminal: SimulatedMt5) -> None:
    _assert_as_recorded(without_terminal)


def test_the_simulated_module_has_what_the_vendors_has(vendors: ModuleType) -> None:
    there = {name: value for name, value in vars(vendors).items() if not name.startswith("_")}
    ours = {name: getattr(SimulatedMt5, name, None) for name in there}
    plain = {name: value for name, value in there.items() if isinstance(value, int)}
    assert {name: ours[name] for name in plain} == plain
    assert len(plain) == 223
    classes = {name: _surface(value) for name, value in there.items() if isinstance(value, type)}
    assert {name: _surface(ours[name]) for name in classes} == classes
    assert len(classes) == 11
    functions = there.keys() - plain.keys() - classes.keys()
    assert [name for name in sorted(functions) if not callable(ours[name])] == []
    assert len(functions) == 36 - 1  # `_RawOrder` is one, too


@pytest.mark.parametrize(
    "name", sorted(name for name, kind in vars(records).items() if hasattr(kind, "n_fields"))
)
def test_a_record_behaves_as_the_vendors(vendors: ModuleType, name: str) -> None:
    their, our = getattr(vendors, name), getattr(records, name)
    size = their.n_fields
    theirs, ours = their(range(size)), our(range(size))
    assert repr(ours) == repr(theirs)
    assert ours._asdict() == theirs._asdict()
    assert (ours, hash(ours), ours[1:3], len(ours)) == (theirs, hash(theirs), theirs[1:3], len(theirs))
    for wrong in (range(size - 1), range(size + 1), 5, None):
        assert _refusal(our, wrong) == _refusal(their, wrong)
    for field in (their.__match_args__[0], "nothing"):
        with pytest.raises(AttributeError):
            setattr(theirs, field, 5)
        with pytest.raises(AttributeError):
            setattr(ours, field, 5)


def _assert_as_recorded(module: Any) -> None:
    """Show the calls that end otherwise than the vendor's did, one a line, with both ends."""
    found = []
    for call, expected in recorded().items():
        was = answer(module, call)
        if _code_alone(was) != _code_alone(expected):
            found.append(f"{call} -> {was}. Expected {expected}")
    assert not found, "\n".join(found)


def _code_alone(end: str) -> str:
    return NO_TERMINAL.sub(r"\1)", end)


def _surface(kind: Any) -> tuple[Any, ...]:
    return kind.__name__, kind.__match_args__, kind.n_fields, kind.n_sequence_fields, inspect.isclass(kind)


def _refusal(kind: Any, items: Any) -> str:
    with pytest.raises(TypeError) as error:
        kind(items)
    return str(error.value)
