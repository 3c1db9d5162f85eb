"""Ctrl-C, as the threads of a command see it: the signal reaches the main thread alone, so the others look here."""

from __future__ import annotations

import threading

interrupted = threading.Event()
"""Set when the command gives up: what takes long ends early. A signal is the process's own, and so is this."""
