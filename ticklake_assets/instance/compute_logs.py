"""Where Dagster keeps what runs print; those that show it meanwhile are deaf to Ctrl-C.

While a step runs, children of its process copy its output to the terminal. A terminal sends Ctrl-C to every process of
a command: each of them would die of it, before the last lines are shown and with a traceback of its own. Dagster ends
them itself with the step, by another signal.
"""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData


class LocalLogs(LocalComputeLogManager):
    """Files below `base_dir`."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> LocalLogs:
        return cls(inst_data=inst_data, **config_value)  # Dagster's own makes one of its own class

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext, None, None]:
        with deaf_to_ctrl_c(super().capture_logs(log_key)) as context:
            yield context


@contextmanager
def deaf_to_ctrl_c(capture: AbstractContextManager[CapturedLogContext]) -> Iterator[CapturedLogContext]:
    """Begin to capture: what is started for it inherits a blocked SIGINT, we are told of one right after."""
    with ExitStack() as captured:
        with _sigint_blocked():
            context = captured.enter_context(capture)
        yield context


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
