"""What commands have in common: the console, the stack's environment, errors as one line, the gates as a table."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.environment import keep_private, take_environment
from ticklake_assets.extras import extra_with
from ticklake_assets.modeling.deployed.gates import GateReport, GateRow
from ticklake_assets.settings import Settings, explain, unknown_variables
from ticklake_assets.telemetry import turn_off_telemetry

console = Console()
errors = Console(stderr=True)


def guarded(*, uses_stack: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that makes expected errors of a command one clear line and exit code 1.

    A command that uses the stack takes its environment. Those that start it must not: what they inherit, the
    services inherit, and would hold the addresses of yesterday for the user's own wish.
    """

    def guard(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            turn_off_telemetry()
            # Backfill policies are beta in Dagster 1.13, which the bounds of pyproject hold.
            warnings.filterwarnings("ignore", ".* is currently in beta")
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
            if unknown := unknown_variables():
                errors.print(
                    f"Expected variables that `ticklake settings` lists, was {', '.join(unknown)}: ignored",
                    style="yellow", markup=False, highlight=False, soft_wrap=True,
                )  # fmt: skip
            try:
                keep_private()
                if uses_stack:
                    take_environment()
                function(*args, **kwargs)
            except TicklakeError as error:
                _fail(str(error))
            except ValidationError as error:
                _fail(explain(error))
            except OSError as error:  # the disk refuses: no room, no right, no such place
                _fail(Settings().refusal(error))
            except ModuleNotFoundError as error:
                extra = extra_with(error.name) if error.name else None
                if extra is None:  # no installation mends it: a mistake of ours
                    raise
                _fail(
                    f"this command needs the libraries of the extra `{extra}`, was without {error.name}: "
                    f"pip install 'ticklake[{extra}]'"
                )
            except KeyboardInterrupt:
                _fail("interrupted", code=130)

        return run

    return guard


def command_of(
    app: typer.Typer, *, uses_stack: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that registers a guarded command of `app`."""
    guard = guarded(uses_stack=uses_stack)

    def command(function: Callable[..., None]) -> Callable[..., None]:
        return app.command()(guard(function))

    return command


def gates_table(rows: Iterable[GateRow]) -> Table:
    """The judged gates, as a walk-forward and the demo end with them."""
    table = Table("gate", "threshold", "passed")
    table.add_column("value", justify="right")
    words = {True: "yes", False: "[red]no[/red]", None: "unknown"}
    for row in rows:
        value = "-" if row.value is None else f"{row.value:.4g}"
        table.add_row(row.name, row.threshold, words[row.passed], value)
    return table


def print_verdict(gates: GateReport, to: Console) -> None:
    """The verdict in plain words: a sentence for each gate that refuses, a line each, its figures after it."""
    to.print(gates.headline, style="bold", highlight=False, soft_wrap=True)
    for row in gates.refusals:
        to.print(f"  {row.sentence}  [dim]{row.figures}[/dim]", highlight=False, soft_wrap=True)


def _fail(message: str, code: int = 1) -> NoReturn:
    errors.print(f"ticklake: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
