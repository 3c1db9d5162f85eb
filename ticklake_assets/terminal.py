"""What every command has in common: the console, the stack's environment, and errors as one line."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.environment import take_environment
from ticklake_assets.telemetry import turn_off_telemetry

console = Console()
errors = Console(stderr=True)


def command_of(
    app: typer.Typer, *, uses_stack: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that registers a command of `app`, whose expected errors are one clear line and exit code 1.

    One that uses the stack takes its environment. Those that start it must not: what they inherit, the services
    inherit, and would hold the addresses of yesterday for the user's own wish.
    """

    def command(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            turn_off_telemetry()
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
            try:
                if uses_stack:
                    take_environment()
                function(*args, **kwargs)
            except TicklakeError as error:
                _fail(str(error))
            except ValidationError as error:
                first = error.errors()[0]
                variable = "_".join(["TICKLAKE", *map(str, first["loc"])]).upper()
                _fail(f"{variable}: {first['msg']}, was {first['input']!r}")
            except OSError as error:  # the disk refuses: no room, no right, no such place
                _fail(str(error))
            except KeyboardInterrupt:
                _fail("interrupted", code=130)

        app.command()(run)
        return run

    return command


def _fail(message: str, code: int = 1) -> NoReturn:
    errors.print(f"ticklake: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
