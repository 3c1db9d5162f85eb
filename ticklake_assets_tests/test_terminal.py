from __future__ import annotations

import io

from rich.console import Console

from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets.terminal import clock, gates_table, print_verdict


def test_a_clock_runs_on_a_terminal_alone_and_leaves_nothing_behind() -> None:
    for is_terminal in (True, False):
        console = Console(file=io.StringIO(), width=60, force_terminal=is_terminal)
        with clock("9 trainings", console) as at_work:
            at_work("the last one")
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert ("the last one" in written) == is_terminal
        assert not written.endswith("\n")


def test_each_gate_is_a_line_with_its_limit_its_judgement_and_its_value() -> None:
    console = Console(file=io.StringIO(), width=120)
    values = {"trades": 7.0, "coverage": 0.98765, "pbo": None}
    console.print(gates_table(gate.judge(values[gate.name]) for gate in GATES if gate.name in values))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert cells == [
        ["trades", ">= 100", "no", "7"],
        ["coverage", ">= 0.8 and <= 0.995", "yes", "0.9877"],
        ["pbo", "<= 0.2", "unknown", "-"],
    ]


def test_a_verdict_is_a_headline_and_a_line_for_each_gate_that_refuses() -> None:
    console = Console(file=io.StringIO(), width=60)
    values: dict[str, float | None] = {gate.name: gate.at_least or gate.at_most or 1.0 for gate in GATES}
    print_verdict(evaluate(values | {"lost_skill": 0.9, "parity": None, "pbo": None}), console)
    headline, lost, unknown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert headline == f"This chain may not trade: 2 of its {len(GATES)} gates refuse it."
    assert lost.endswith("had not seen  lost_skill is 0.9, expected <= 0.75")
    assert unknown.startswith("  Its parity could not be measured")
