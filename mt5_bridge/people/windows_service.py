"""What Windows starts for `ticklake-bridge service install --kind service`: a service whose work is `run`.

    python -m mt5_bridge.people.windows_service NAME CONFIG

Windows tells a service to stop by a call on another thread; the bridge then ends as upon Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mt5_bridge.running.background import BackgroundRun


def main(name: str, config: Path) -> None:
    """Be the service until it is stopped; needs pywin32, which the extra `bridge` brings on Windows."""
    import servicemanager
    import win32service
    import win32serviceutil

    bridge = BackgroundRun(config)

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
    main(sys.argv[1], Path(sys.argv[2]))
