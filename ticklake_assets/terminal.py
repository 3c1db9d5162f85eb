"""What commands have in common: the console, the stack's environment, errors as one line, the gates as a table."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.interrupts import heard_interrupts
from ticklake_assets.telemetry import turn_off_telemetry

if TYPE_CHECKING:
    from rich.table import Table

    from ticklake_assets.modeling.deployed.gates import GateReport, GateRow

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
            from pydantic import ValidationError  # these take most of what `--help` would

            from ticklake_assets.config_file import place_of, take_config
            from ticklake_assets.environment import keep_private, take_environment
            from ticklake_assets.settings import Settings, explain, unknown_variables

            turn_off_telemetry()
            # Backfill policies are beta in Dagster 1.13, which the bounds of pyproject hold, checks of a partition new.
            warnings.filterwarnings("ignore", ".* is currently in (beta|preview)")
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
            if unknown := unknown_variables():
                errors.print(
                    f"Expected variables that `ticklake settings` lists, was {', '.join(unknown)}: ignored",
                    style="yellow", markup=False, highlight=False, soft_wrap=True,
                )  # fmt: skip
            try:
                if uses_stack:
                    take_environment()
                else:
                    take_config()
                    keep_private()
                with heard_interrupts():
                    function(*args, **kwargs)
            except TicklakeError as error:
                _fail(str(error))
            except ValidationError as error:
                _fail(explain(error, place_of))
            except OSError as error:  # the disk refuses: no room, no right, no such place
                _fail(Settings().refusal(error))
            except ModuleNotFoundError as error:
                from ticklake_assets.extras import extra_with

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


class _PlainFlags:
    """A flag takes no value, so its help names no type of one."""

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params


class Group(_PlainFlags, TyperGroup):
    """A group of commands."""


class Command(_PlainFlags, TyperCommand):
    """A command whose usage line is `ticklake walk-forward --from YYYY-MM-DD --to YYYY-MM-DD [OPTIONS] SYMBOL`.

    What has to be given stands there by its name, and what may be left out in brackets.
    """

    def __init__(self, name: str | None, **details: Any) -> None:
        super().__init__(name, **details)
        for param in self.params:
            if param.param_type_name == "argument" and param.metavar is None:
                param.metavar = str(param.name).upper()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        options = [param for param in self.params if param.param_type_name == "option" and param.required]
        needed = [f"{option.opts[0]} {option.metavar or str(option.name).upper()}" for option in options]
        arguments = [param for param in self.params if param.param_type_name == "argument"]
        return [*needed, "[OPTIONS]", *map(_argument, arguments)]


def _argument(param: Any) -> str:
    name = f"{param.metavar}" if param.required else f"[{param.metavar}]"
    return name if param.nargs == 1 else f"{name}..."


def command_of(
    app: typer.Typer, *, panel: str | None = None, uses_stack: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that registers a guarded command of `app`; `panel` is its heading in `ticklake --help`."""
    guard = guarded(uses_stack=uses_stack)

    def command(function: Callable[..., None]) -> Callable[..., None]:
        return app.command(rich_help_panel=panel)(guard(function))

    return command


@contextmanager
def clock(what: str, to: Console = errors) -> Iterator[Callable[[str], None]]:
    """On a terminal, a running clock beside what is at work; it goes with the block. Yields how to say another thing.

    It runs beside what goes to the output, which stays whole for programs.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as shown:
        task = shown.add_task(what, total=None)
        yield lambda at_work: shown.update(task, description=at_work)


def gates_table(rows: Iterable[GateRow]) -> Table:
    """The judged gates, as a walk-forward and the demo end with them."""
    from rich.table import Table

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
