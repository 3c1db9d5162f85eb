"""`ticklake report open`: the page of a judged chain, in the browser."""

from __future__ import annotations

import re
import webbrowser
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from ticklake_assets.commands.opening import object_store
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.files import create_file
from ticklake_assets.settings import Settings
from ticklake_assets.storage.objects.store import ObjectStore

_REPORT = re.compile(r"models/report/(\w+)/(\d{4}-\d\d-\d\d)\.html")


def open_report(settings: Settings, symbol: str, as_of: date | None, console: Console, *, show: bool) -> None:
    """Show the report of the latest as-of day, of a symbol and a day where they are given; print where it lies.

    Raises:
        MissingDataError: there is none; it says which there are.
    """
    if symbol:
        instrument_of(symbol)
    store = object_store(settings)
    reports = {
        (match[2], match[1]): stored.key
        for stored in store.list("models/report/")
        if (match := _REPORT.fullmatch(stored.key))
    }
    asked = [(day, of) for day, of in reports if symbol in ("", of) and (as_of is None or day == str(as_of))]
    known = ", ".join(sorted(f"{of} {day}" for day, of in reports)) or "none"
    if not asked:
        wanted = " ".join(filter(None, ["a report", f"of {symbol}" if symbol else "", str(as_of or "")]))
        raise MissingDataError(
            f"Expected {wanted}, was {known}: `ticklake walk-forward` and `ticklake demo` make one"
        )
    chosen = max(asked)
    page = _as_file(store, reports[chosen])
    console.print(f"{chosen[1]} as of {chosen[0]}: {page}", markup=False, highlight=False, soft_wrap=True)
    if len(asked) > 1:
        console.print(
            f"There are {known}: name a symbol and a day for another.", style="dim", highlight=False
        )
    if show and not webbrowser.open(page.as_uri()):
        console.print("No browser could be started: open that file.", style="yellow")


def _as_file(store: ObjectStore, key: str) -> Path:
    """The page as a file that a browser can open; one of a bucket is copied to the folder for temporary files."""
    address = store.uri(key)
    if "://" not in address:
        return Path(address)
    copy = Path(mkdtemp(prefix="ticklake-")) / key.removeprefix("models/report/").replace("/", "-")
    create_file(copy, store.get(key))
    return copy
