"""`ticklake replicate deploy`, `start` and `stop`: the flow of a NiFi, the stack's own or another."""

from __future__ import annotations

import typer

from ticklake_assets.terminal import command_of, console

app = typer.Typer()
command = command_of(app)


@command
def deploy() -> None:
    """Put the replication flow into the NiFi of TICKLAKE_NIFI_URL, or bring it up to date; start nothing."""
    from stack.nifi import flow
    from stack.nifi.parameters import flow_secrets, flow_values, nifi_address
    from ticklake_assets.settings import Settings

    settings = Settings()
    url = nifi_address(settings)
    flow.deploy(url, flow_values(settings), flow_secrets())
    console.print(f"deployed to {url}/nifi; `ticklake replicate start` starts it", soft_wrap=True)


@command
def start() -> None:
    """Start the deployed flow: from then on NiFi moves what lands."""
    from stack.nifi import flow
    from stack.nifi.parameters import nifi_address
    from ticklake_assets.settings import Settings

    flow.start(nifi_address(Settings()))
    console.print("running")


@command
def stop() -> None:
    """Stop the flow: files wait in landing and in its queues."""
    from stack.nifi import flow
    from stack.nifi.parameters import nifi_address
    from ticklake_assets.settings import Settings

    flow.stop(nifi_address(Settings()))
    console.print("stopped; files wait in landing and in NiFi's queues")
