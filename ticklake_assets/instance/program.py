"""Become Dagster's daemon or web server, on the instance that settings and stack describe.

python -m ticklake_assets.instance.program daemon
python -m ticklake_assets.instance.program webserver 3000
"""

from __future__ import annotations

import os
import sys

from ticklake_assets.environment import take_environment
from ticklake_assets.instance.home import (
    daemon_command,
    forget_the_dead,
    live_as_daemon,
    open_instance,
    webserver_command,
)
from ticklake_assets.settings import Settings
from ticklake_assets.telemetry import turn_off_telemetry


def become(program: str, *port: str) -> None:
    """Replace this process by the program. A daemon first notes as failed the runs that the last one took down."""
    turn_off_telemetry()
    take_environment()
    with open_instance(Settings()) as instance:
        if program == "daemon":
            forget_the_dead(instance)
            live_as_daemon(instance)
    command = daemon_command() if program == "daemon" else webserver_command(int(*port))
    os.execv(command[0], command)  # noqa: S606 a program of our own environment, no shell


if __name__ == "__main__":
    become(*sys.argv[1:])
