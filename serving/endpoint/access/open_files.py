"""Room for connections: each is an open file of the process, and without one more nobody gets in."""

from __future__ import annotations

import sys

from ticklake_assets.core.errors import SetupError

_OTHERS = 256
"""Files that are no connections: journals, models, libraries."""


def make_room(connections: int) -> None:
    """Raise the process's limit of open files to what so many connections need, as far as the system lets it.

    SetupError where it does not: at the limit the next caller, be it one who asks after `/healthz`, is not even heard.
    Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    import resource

    needed = connections + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (resource.RLIM_INFINITY, -1) and hard < needed:
        raise SetupError(
            f"TICKLAKE_ENDPOINT_CONNECTIONS: Expected at most {max(hard - _OTHERS, 0)}, since this process may open "
            f"{hard} files, was {connections}"
        )
    if soft not in (resource.RLIM_INFINITY, -1) and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
