"""A day of five symbols with swaps, kills, drift and breakers: nothing is lost, and every bit is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets_tests.serving.endpoint.long_day.audit import audit
from ticklake_assets_tests.serving.endpoint.long_day.market import Span
from ticklake_assets_tests.serving.endpoint.long_day.run import Plan, run_day

pytestmark = pytest.mark.slow


def _proven(folder: Path, plan: Plan) -> None:
    *days, whole = audit(run_day(folder, plan), folder)
    assert len(days) == 10
    assert whole["parity_share"] == 1.0
    assert all(count > plan.kills for count in whole["returns"].values()), "a feed was never interrupted"


def test_a_slice_over_midnight_is_whole(tmp_path: Path) -> None:
    _proven(tmp_path, Plan(Span.of(21, 27), Span.of(21.5, 25), speed=900, kills=1))


def test_a_whole_day_is_whole(tmp_path: Path) -> None:
    _proven(tmp_path, Plan(Span.of(22, 46), Span.of(34, 35), speed=400, kills=8))
