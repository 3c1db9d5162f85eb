"""What Windows starts for `ticklake-bridge service install --kind service`: a service whose work is `run`.

    python -m mt5_bridge.commands.windows_service NAME --config FILE [--live]

Windows tells a service to stop on another thread than its work's; the bridge then ends as upon Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from mt5_bridge.commands.configured import asked_of, client_of
from mt5_bridge.config import read_config
from mt5_bridge.errors import BridgeError
from mt5_bridge.people.notices import notify
from mt5_bridge.running.loop import RunningBridge
from mt5_bridge.running.process import opened, run


class BackgroundRun:
    """A run that is stopped by a call, at any time, and not by a signal."""

    def __init__(self, config: Path, *, live: bool, tell: Callable[[str, str], object] = notify) -> None:
        self._config = config
        self._live = live
        self._tell = tell
        self._bridge: RunningBridge | None = None
        self._stopped: str | None = None

    def run(self) -> str:
        """Trade until it is stopped; returns why, and what stays open. People are told of what it raises."""
        try:
            return self._run()
        except BridgeError as error:
            self._tell("ticklake-bridge stopped", str(error))
            raise

    def stop(self, reason: str) -> None:
        self._stopped = reason
        if self._bridge is not None:
            self._bridge.stop(reason)

    def _run(self) -> str:
        settings = read_config(self._config)
        with opened(settings, asked_of(settings, live=self._live), client_of(settings)) as bridge:
            self._bridge = bridge
            if self._stopped is not None:
                bridge.stop(self._stopped)
            return run(bridge)


def main(name: str, bridge: BackgroundRun) -> None:
    """Be the service until it is stopped; needs pywin32, which the extra `bridge` brings on Windows."""
    import servicemanager
    import win32service
    import win32serviceutil

    class BridgeService(win32serviceutil.ServiceFramework):  # type: ignore[misc]
        _svc_name_ = name
        _svc_display_name_ = f"ticklake bridge {name}"

        def SvcStop(self) -> None:  # noqa: N802 - pywin32 calls it so
            self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
            bridge.stop("the service was stopped")

        def SvcDoRun(self) -> None:  # noqa: N802 - likewise
            bridge.run()

    servicemanager.Initialize()
    servicemanager.PrepareToHostSingle(BridgeService)
    servicemanager.StartServiceCtrlDispatcher()


if __name__ == "__main__":
    os.umask(0o077)
    main(sys.argv[1], BackgroundRun(Path(sys.argv[3]), live="--live" in sys.argv))
