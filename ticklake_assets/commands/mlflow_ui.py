"""`ticklake ui mlflow`: MLflow's own pages over the configured store."""

from __future__ import annotations

import time
import webbrowser
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console

from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets.instance.processes import own_program, running
from ticklake_assets.loopback import is_listening
from ticklake_assets.settings import Settings

_SQLITE = "sqlite:///"


def open_mlflow(settings: Settings, port: int, console: Console, *, show: bool) -> None:
    """Serve the pages on 127.0.0.1 until Ctrl-C; a server that is configured is only shown.

    Raises:
        MissingDataError: nothing was ever tracked here.
        SetupError: the port is taken, or the server does not start.
    """
    store = settings.mlflow
    if store.startswith("http"):
        _show(store, "the configured server", console, show=show)
        return
    if store.startswith(_SQLITE) and not Path(store.removeprefix(_SQLITE)).exists():
        raise MissingDataError(
            f"Expected MLflow's store {store.removeprefix(_SQLITE)}, was none: a training makes it"
        )
    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for MLflow, was taken: pass another --port")
    command = [own_program("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {
        "MLFLOW_BACKEND_STORE_URI": store,  # it may hold a password, which no list of processes shows so
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    log = settings.home / "mlflow-ui.log"
    with ExitStack() as started:
        with console.status("MLflow starts"):
            ready = partial(is_listening, port)
            started.enter_context(running(command, log, ready, environment=environment, timeout_s=120))
        _show(f"http://127.0.0.1:{port}", f"log in {log}; Ctrl-C stops it", console, show=show)
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            console.print("stopping")


def _show(address: str, told: str, console: Console, *, show: bool) -> None:
    console.print(f"MLflow: {address}   ({told})", highlight=False, soft_wrap=True)
    if show:
        webbrowser.open(address)
