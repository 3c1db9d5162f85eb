from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dukascopy import DukascopySource
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.journal import JournalSource
from ticklake_assets.sources.open_source import open_source
from ticklake_assets.sources.synthetic import SyntheticSource
from ticklake_assets_tests.sources.builders import make_bi5, make_hour
from ticklake_assets_tests.sources.feed_server import feed_server


def test_each_name_opens_its_source(tmp_path: Path) -> None:
    assert isinstance(open_source("dukascopy", cache_dir=tmp_path), DukascopySource)
    assert isinstance(open_source("folder", cache_dir=tmp_path, folder=tmp_path), FolderSource)
    journal = open_source("journal", cache_dir=tmp_path, sealed_journal=lambda _: b"")
    assert isinstance(journal, JournalSource)
    assert open_source(
        "synthetic", cache_dir=tmp_path, seed=3, strength=0.5, is_dirty=True
    ) == SyntheticSource(3, 0.5, True)


def test_the_feed_and_its_address_can_be_chosen(tmp_path: Path) -> None:
    sunday = SymbolDay("GBPJPY", date(2012, 12, 2))
    with feed_server() as server:
        for hour in (22, 23):
            server.content[make_hour(hour, sunday.trading_day).bi5_path] = make_bi5(
                (0, 132158, 132141, 1.5, 1.13)
            )
        source = open_source("dukascopy-bi5", cache_dir=tmp_path, base_url=f"{server.url}/")
        assert source.fetch_day(sunday).num_rows == 2


def test_what_is_missing_or_unknown_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="set TICKLAKE_SOURCE_DIR"):
        open_source("folder", cache_dir=tmp_path)
    with pytest.raises(SetupError, match="set TICKLAKE_ENDPOINT_URL"):
        open_source("journal", cache_dir=tmp_path)
    with pytest.raises(SetupError, match=r"Expected dukascopy, .* as tick source, was 'yahoo'"):
        open_source("yahoo", cache_dir=tmp_path)
    with pytest.raises(SetupError, match="was 'nowhere'"):
        open_source("dukascopy", cache_dir=tmp_path, base_url="nowhere")
