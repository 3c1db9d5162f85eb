"""Choose a tick source by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ticklake_assets.core.errors import SetupError
from ticklake_assets.sources.dukascopy import BI5_FEED, JSON_FEED, DukascopySource, HourFetched
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.journal import JournalSource, SealedJournal
from ticklake_assets.sources.source import TickSource
from ticklake_assets.sources.synthetic import SyntheticSource


def open_source(
    name: str,
    *,
    cache_dir: Path,
    folder: Path | None = None,
    dialect: str = "",
    dialects: Path | None = None,
    zone: str = "",
    base_url: str = "",
    sealed_journal: SealedJournal | None = None,
    seed: int = 1,
    strength: float = 1.0,
    is_dirty: bool = False,
    on_hour: Callable[[HourFetched], None] = lambda _: None,
) -> TickSource:
    """Open `dukascopy` (the JSON feed), `dukascopy-bi5`, `folder`, `journal` or `synthetic`.

    `cache_dir` keeps downloaded hours; `base_url` replaces the vendor's address; `dialects` is where the user's own
    CSV dialects are declared; `zone` replaces the zone of CSV files whose times are wall clock; `sealed_journal` asks
    the live endpoint.
    """
    if name in ("dukascopy", "dukascopy-bi5"):
        feed = JSON_FEED if name == "dukascopy" else BI5_FEED
        return DukascopySource(cache_dir, feed.at(base_url or feed.base_url), on_hour=on_hour)
    if name == "folder":
        if folder is None:
            raise SetupError("Expected the folder of the folder source, was none: set TICKLAKE_SOURCE_DIR")
        return FolderSource(folder, dialect, zone, dialects=dialects)
    if name == "journal":
        if sealed_journal is None:
            raise SetupError(
                "Expected an endpoint for the journal source, was none: set TICKLAKE_ENDPOINT_URL"
            )
        return JournalSource(sealed_journal)
    if name == "synthetic":
        return SyntheticSource(seed, strength, is_dirty)
    raise SetupError(
        f"Expected dukascopy, dukascopy-bi5, folder, journal or synthetic as tick source, was {name!r}"
    )
