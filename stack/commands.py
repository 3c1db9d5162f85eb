"""What `ticklake stack` does: start, stop and show the real services of this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence

from stack import supervisor
from stack.doctor import diagnoses
from stack.logs import last_lines
from stack.offer import unknown_to
from stack.overview import Progress, standings, table_of
from stack.process import is_alive
from stack.services.registry import SERVICES, chosen, with_needs, with_users
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.core.errors import SetupError
from ticklake_assets.environment import environment_file, read_environment
from ticklake_assets.instance.pages import sign_in_link
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import console

LOG_LINES = 100


def up(names: Sequence[str]) -> None:
    services = with_needs(names)
    site = _site()
    with Progress(console, services) as show:
        outcomes = supervisor.up(site, services, show)
    console.print(table_of(site, standings(site, services)))
    for outcome in outcomes:
        if outcome.state == State.SKIPPED:
            _warn(f"skipped {outcome.problem}")
    _warn_of_old_addresses(site)
    wrong = {State.FAILED, State.SKIPPED} if names else {State.FAILED}
    if problems := [outcome.problem for outcome in outcomes if outcome.state in wrong]:
        raise SetupError("\n".join(problems))
    console.print(f"every command takes {environment_file(site.home)}", soft_wrap=True)
    if is_alive(site.process("pages")):
        link = sign_in_link(Settings(home=site.home))
        console.print(f"sign in to the pages, once and without a password: {link}", soft_wrap=True)


def down(names: Sequence[str], *, wipe: bool) -> None:
    if wipe and names:
        raise SetupError("Expected --wipe without names, it removes the data of all services")
    services = with_users(names) if names else list(SERVICES.values())
    site = _site(to_wipe=wipe)
    offered = read_environment(site.home)
    for service in supervisor.down(site, services):
        console.print(f"stopped {service.name}")
    left = read_environment(site.home)
    if left and (gone := sorted(offered.keys() - left.keys())):
        _warn(f"commands go on with what is still up, and with HOME instead of {', '.join(gone)}")
    if wipe:
        supervisor.wipe(site)
        console.print(f"removed {site.folder}", soft_wrap=True)


def status() -> None:
    site = _site()
    console.print(table_of(site, standings(site, list(SERVICES.values()))))
    _warn_of_old_addresses(site)


def logs(name: str, *, follow: bool) -> None:
    (service,) = chosen([name])
    log = _site().log_of(service.name)
    if not log.exists():
        raise SetupError(f"Expected the log {log}, was none: {name} has never started here")
    lines, end = last_lines(log, LOG_LINES)
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    with log.open(errors="replace") as later:
        later.seek(end)
        while follow:
            console.print(later.read(), end="", markup=False, highlight=False, soft_wrap=True)
            time.sleep(0.5)


def doctor() -> None:
    wrong = 0
    for diagnosis in diagnoses(_site(), list(SERVICES.values())):
        console.print("ok  " if diagnosis.is_well else "[red]!!  [/]", end="")
        console.print(diagnosis.line, markup=False, highlight=False, soft_wrap=True)
        wrong += not diagnosis.is_well
    if wrong:
        raise SetupError(f"Expected nothing to do, was {wrong} of the lines above")


def _site(*, to_wipe: bool = False) -> Site:
    import psutil  # noqa: F401 where there is none, a command says so before it has done half of its work

    return Site.open(Settings().home / "stack", say=_warn, to_wipe=to_wipe)


def _warn_of_old_addresses(site: Site) -> None:
    for service in SERVICES.values():
        if unknown := unknown_to(site, service):
            _warn(
                f"{service.name} has started before {', '.join(unknown)} and goes without: "
                f"`ticklake stack down {service.name}` and up again when its runs have ended"
            )


def _warn(line: str) -> None:
    console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
