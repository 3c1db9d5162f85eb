"""Which extra of ticklake brings a library that is not installed here."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires
from importlib.util import find_spec

_OWN = {"ticklake_assets", "serving", "mt5_bridge", "stack"}
_LISTED = re.compile(r"""([\w.-]+).*; .*\bextra == ['"]([\w-]+)['"]""")


def extra_with(module: str) -> str | None:
    """Return the extra to install for a module that an import did not find.

    Libraries that no extra lists come along with those of `assets`. None where installing one would not help: for a
    module of our own or of Python, a part of a library that is here, and where all of `assets` is here.
    """
    library = module.partition(".")[0]
    if library in _OWN or library in sys.stdlib_module_names or find_spec(library) is not None:
        return None
    listed = [match.groups() for line in requires("ticklake") or [] if (match := _LISTED.match(line))]
    extras = [extra for name, extra in listed if _module(name) == library]
    if not extras:
        extras = [extra for name, extra in listed if extra == "assets" and not _is_here(name)]
    return extras[0] if extras else None


def _module(distribution_name: str) -> str:
    return re.sub(r"[-.]+", "_", distribution_name).lower()


def _is_here(distribution_name: str) -> bool:
    try:
        distribution(distribution_name)
    except PackageNotFoundError:
        return False
    return True
