from __future__ import annotations

from pathlib import Path

from serving.pipeline.sources.served import asking_on
from ticklake_assets_tests.core.quote_builders import DAY
from ticklake_assets_tests.serving.endpoint.journal.test_served_signals import make_signal, serve


def test_a_day_is_read_once_until_its_journals_change(tmp_path: Path) -> None:
    assert asking_on(tmp_path, DAY) == {}
    first = make_signal(DAY.start_us)
    serve(tmp_path, [first], [make_signal(DAY.start_us + 1, "none")])
    found = asking_on(tmp_path, DAY)
    assert [each.signal for each in found.values()] == [first]
    assert asking_on(tmp_path, DAY) is found
    later = make_signal(DAY.start_us + 2, "short")
    serve(tmp_path, [first], [later])
    assert [each.signal for each in asking_on(tmp_path, DAY).values()] == [first, later]


def test_days_and_folders_are_told_apart(tmp_path: Path) -> None:
    serve(tmp_path / "one", [make_signal(DAY.start_us)])
    assert len(asking_on(tmp_path / "one", DAY)) == 1
    assert asking_on(tmp_path / "other", DAY) == {}
    assert asking_on(tmp_path / "one", DAY.shifted(1)) == {}
