"""A terminal that is asked everything and sent nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import Request


class _DryRun:
    def __init__(self, mt5: Mt5, show: Callable[[Request], None]) -> None:
        self._mt5 = mt5
        self._show = show

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mt5, name)

    def order_send(self, request: Request, /) -> None:
        self._show(request)
        raise OrderRefused(f"A dry run sends nothing. Was {request}", "dry_run")


def dry_run(mt5: Mt5, show: Callable[[Request], None]) -> Mt5:
    """The same terminal, but each request of `order_send` is shown and refused."""
    return cast("Mt5", _DryRun(mt5, show))
