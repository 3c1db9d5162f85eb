from __future__ import annotations

from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.landing import Landing, SourceConfig
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import landing_path, publish_day
from ticklake_assets_tests.defs.homes import ticks_of

DAY = SymbolDay.parse("EURUSD|2024-01-15")


def test_every_source_setting_travels_and_a_folder_is_absolute() -> None:
    settings = Settings.model_validate(
        {
            "source": "folder",
            "source_dir": "ticks",
            "source_dialect": "mt5",
            "source_zone": "Europe/Athens",
            "source_url": "http://feed",
            "home": "/srv",
            "endpoint_url": "http://endpoint",
            "synthetic_seed": 7,
            "synthetic_strength": 0.5,
            "synthetic_dirt": False,
        }
    )
    assert SourceConfig.from_settings(settings) == SourceConfig(
        source="folder",
        source_dir=str(Path("ticks").absolute()),
        dialect="mt5",
        zone="Europe/Athens",
        url="http://feed",
        endpoint="http://endpoint",
        keys_dir="/srv/keys",
        seed=7,
        strength=0.5,
        is_dirty=False,
    )


def test_another_source_lands_in_the_same_folder(tmp_path: Path) -> None:
    landing = Landing.from_settings(Settings(home=tmp_path, source_url="http://127.0.0.1:9"))
    publish_day(tmp_path / "ticks", DAY, ticks_of(DAY))
    ticks = SourceConfig(source="folder", source_dir=str(tmp_path / "ticks"))
    landed, rows, _ = landing.taking(ticks).land(DAY)
    assert (landed.path, rows) == (landing_path(tmp_path / "landing", DAY), ticks_of(DAY).num_rows)
    assert landing.taking(None) is landing
