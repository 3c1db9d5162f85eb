from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.bounds import read_hour, within

_MIB = bytes(1 << 20)


def test_what_is_within_its_bounds_stays_as_it_is() -> None:
    chunks = [b"a", b"", b"bc"]
    assert list(within(chunks, 1, "x", most_bytes=3)) == chunks
    assert len(list(within([_MIB] * 64, 1, "x"))) == 64, "up to 64 MiB any ratio"
    assert len(list(within([_MIB] * 100, 1 << 20, "x"))) == 100


def test_what_is_larger_is_refused_before_it_is_handed_on() -> None:
    chunks = within([b"ab", b"cd"], 1, "x.gz", most_bytes=3)
    assert next(chunks) == b"ab"
    with pytest.raises(SourceError, match=r"x.gz: Expected at most 3 bytes unpacked, was more"):
        next(chunks)


def test_an_absurd_ratio_is_refused() -> None:
    seen = []
    with pytest.raises(SourceError, match=r"x.gz: Expected at most 200 times its 1,000 bytes unpacked"):
        seen.extend(within([_MIB] * 100, 1_000, "x.gz"))


def test_an_hours_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "05h_ticks.bi5"
    path.write_bytes(b"hour")
    assert read_hour(path) == b"hour"
    with path.open("r+b") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(
        SourceError, match=r"05h_ticks.bi5: Expected an hour of at most 64 MiB, was 67,108,865"
    ):
        read_hour(path)
