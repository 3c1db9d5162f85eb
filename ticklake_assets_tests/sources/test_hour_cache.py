from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.sources.hour_cache import HourCache


def test_an_hour_is_kept_also_an_empty_one(tmp_path: Path) -> None:
    cache = HourCache(tmp_path)
    assert cache.get("GBPJPY/2012/11/03/00h_ticks.bi5") is None
    cache.put("GBPJPY/2012/11/03/00h_ticks.bi5", b"ticks")
    cache.put("GBPJPY/2012/11/03/01h_ticks.bi5", b"")
    again = HourCache(tmp_path)
    assert again.get("GBPJPY/2012/11/03/00h_ticks.bi5") == b"ticks"
    assert again.get("GBPJPY/2012/11/03/01h_ticks.bi5") == b""


def test_nothing_but_the_hour_is_left(tmp_path: Path) -> None:
    HourCache(tmp_path).put("a/b", b"ticks")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b"]


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    with pytest.raises(
        SetupError, match=r"a/b: the disk refuses a downloaded hour .* Expected a writable folder"
    ):
        HourCache(tmp_path).put("a/b", b"ticks")
