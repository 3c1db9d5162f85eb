from __future__ import annotations

from pathlib import Path

import pytest

from mt5_bridge.sync import sync_folder


def test_a_folder_is_synced_and_no_other_thing(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "absent")
