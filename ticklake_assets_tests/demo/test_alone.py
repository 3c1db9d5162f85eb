from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.demo.run import run_demo
from ticklake_assets.files import locked
from ticklake_assets.settings import Settings
from ticklake_assets_tests.commands.test_landing import make_console


def test_a_second_demo_in_a_home_is_refused_before_it_touches_the_firsts_endpoint(tmp_path: Path) -> None:
    served = tmp_path / "demo" / "endpoint" / "model"
    served.mkdir(parents=True)
    with (
        locked(tmp_path / "demo" / "run.lock"),
        pytest.raises(SetupError, match=f"Expected one demo at a time in {tmp_path}, was another that runs"),
    ):
        run_demo(Settings(home=tmp_path), None, None, make_console()[0])
    assert served.is_dir()
