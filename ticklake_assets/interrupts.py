"""Ctrl-C in a process full of libraries: heard at once, lost nowhere, and told of in one line."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AGAIN_S = 0.1
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard_interrupts() -> Iterator[None]:
    """During the block no library shows a traceback of an interrupt, and none ends in a callback of the collector.

    What is raised in such a callback, Python shows and forgets; the signal is sent again.
    """
    before = sys.unraisablehook

    def hear(told: sys.UnraisableHookArgs) -> None:
        if issubclass(told.exc_type, Exception):
            before(told)
        else:
            threading.Timer(_AGAIN_S, os.kill, (os.getpid(), signal.SIGINT)).start()

    sys.unraisablehook = hear
    if logging.lastResort is not None:
        logging.lastResort.addFilter(_is_of_no_interrupt)
    try:
        yield
    finally:
        sys.unraisablehook = before
        if logging.lastResort is not None:
            logging.lastResort.removeFilter(_is_of_no_interrupt)


@contextmanager
def no_interrupt_lost() -> Iterator[None]:
    """Raise an interrupt of the block behind it, as KeyboardInterrupt, where it has not ended the block.

    Dagster only notes one that comes between two steps, and forgets it behind the last; inside a step a library may
    catch everything. Whatever the handlers do, Python tells the wakeup descriptor. For the main thread.
    """
    told, writer = os.pipe()
    for end in (told, writer):
        os.set_blocking(end, False)
    before = signal.set_wakeup_fd(writer)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        with os.fdopen(told, "rb") as end_of_pipe:
            signals = end_of_pipe.read()
    if any(each in signals for each in _INTERRUPTS):
        raise KeyboardInterrupt


def _is_of_no_interrupt(record: logging.LogRecord) -> bool:
    """Libraries log one where it meets them, say when they close a connection, and raise it on."""
    raised = record.exc_info[0] if record.exc_info else None
    return raised is None or issubclass(raised, Exception)
