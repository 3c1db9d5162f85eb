"""The pages in the order of their menu."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    path: str
    name: str
    about: str


PAGES = (
    Page("/", "Overview", "whether all is well"),
    Page("/data", "Data", "days, files and ticks"),
    Page("/lifecycle", "Lifecycle", "from days to a judged model"),
    Page("/models", "Models", "versions, gates and trades"),
    Page("/live", "Live", "ticks and signals as they happen"),
    Page("/trading", "Trading", "bridges, positions and limits"),
    Page("/why", "Why", "from an order to raw bytes, and back"),
    Page("/ops", "Ops", "services, runs, SQL"),
)


def of_path(path: str) -> str:
    """The path of the page that an address belongs to; empty for none."""
    first = "/" + path.strip("/").partition("/")[0]
    return first if first in {each.path for each in PAGES} else ""
