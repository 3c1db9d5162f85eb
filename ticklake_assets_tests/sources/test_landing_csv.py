from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import (
    landing_path,
    latest_revision,
    publish_day,
    published_path,
    render_csv,
)
from ticklake_assets.sources.source import empty_day
from ticklake_assets.sources.synthetic import SyntheticSource
from ticklake_assets_tests.small_disks import disk_that_takes
from ticklake_assets_tests.sources.builders import make_ticks, rows_of

_DAY = SymbolDay("GBPJPY", date(2012, 12, 3))
_GBPJPY = instrument_of("GBPJPY")


def _one(bid: float = 132.141) -> pa.Table:
    return make_ticks([_DAY.start_us + 1_883_000], [bid], [132.158], [1.13], [1.5])


def _published(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*.csv"))


def test_a_row_is_written_canonically() -> None:
    expected = b"ts_event,bid,ask,bid_size,ask_size\n2012-12-03T00:00:01.883Z,132.141,132.158,1.13,1.5\n"
    assert render_csv(_one(), _GBPJPY) == expected


def test_one_time_with_microseconds_widens_all() -> None:
    lines = render_csv(make_ticks([1_000, 2_001, None], [1, 1, 1], [1, 1, 1]), _GBPJPY).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        "1970-01-01T00:00:00.001000Z",
        "1970-01-01T00:00:00.002001Z",
        "",
    ]


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (203.14900000000003, "203.149"),  # float noise of a real export
        (80.9, "80.900"),
        (-1.0, "-1.000"),
        (0.0, "0.000"),
        (132.1415, "132.1415"),
        (132.141002, "132.141002"),
        (1e30, "1e+30"),
        (1e306, "1e+306"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (None, ""),
    ],
)
def test_prices_follow_the_grid_where_they_are_on_it(price: float | None, text: str) -> None:
    line = render_csv(make_ticks([0], [price], [1.0]), _GBPJPY).decode().splitlines()[1]
    assert line.split(",")[1] == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1.0, "1"),
        (1.13, "1.13"),
        (1.48e-06, "0.00000148"),
        (3196.5, "3196.5"),
        (None, ""),
        (float("nan"), "nan"),
    ],
)
def test_sizes_are_as_short_as_they_can_be(size: float | None, text: str) -> None:
    line = render_csv(make_ticks([0], [1.0], [1.0], [size], [1.0]), _GBPJPY).decode().splitlines()[1]
    assert line.split(",")[3] == text


def test_a_closed_day_is_a_header() -> None:
    assert render_csv(empty_day(), _GBPJPY) == b"ts_event,bid,ask,bid_size,ask_size\n"


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 4_000_000_000_000_000),
            *[st.none() | st.floats() | st.integers(0, 10**6).map(lambda points: points / 1000)] * 4,
        )
    )
)
def test_what_is_written_is_what_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float]]
) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    table = make_ticks(*columns)  # type: ignore[arg-type]
    root = tmp_path_factory.mktemp("landing")
    path = publish_day(root, _DAY, table).path
    text = path.read_bytes()
    types = {"ts_event": "VARCHAR", **dict.fromkeys(("bid", "ask", "bid_size", "ask_size"), "DOUBLE")}
    again = duckdb.read_csv(str(path), header=True, sep=",", columns=types).fetchall()
    assert len(again) == table.num_rows
    for row, (_, *read) in zip(rows_of(table), again, strict=True):
        for written, value in zip(row[1:], read, strict=True):
            if written is None or value is None:
                assert written is value
            else:
                assert str(value) == str(written) or value == pytest.approx(written, abs=1.1e-9)
    assert render_csv(table, _GBPJPY) == text


def test_an_imported_landing_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    day = SymbolDay("SYNEUR", date(2024, 1, 9))
    dirty = SyntheticSource(1, 1.0, dirty=True).fetch_day(day)
    first = publish_day(tmp_path / "a", day, dirty)
    imported = FolderSource(tmp_path / "a").fetch_day(day)
    assert publish_day(tmp_path / "b", day, imported).path.read_bytes() == first.path.read_bytes()


def test_the_same_bytes_change_nothing(tmp_path: Path) -> None:
    first = publish_day(tmp_path, _DAY, _one())
    again = publish_day(tmp_path, _DAY, _one())
    assert first == (landing_path(tmp_path, _DAY), 1, True)
    assert again == (landing_path(tmp_path, _DAY), 1, False)
    assert _published(tmp_path) == ["GBPJPY_2012-12-03.csv"]


def test_other_bytes_become_the_next_revision(tmp_path: Path) -> None:
    for bid in (132.141, 132.142, 132.142, 132.141):
        publish_day(tmp_path, _DAY, _one(bid))
    assert _published(tmp_path) == [f"GBPJPY_2012-12-03{suffix}.csv" for suffix in ("", ".r2", ".r3")]
    assert latest_revision(tmp_path, _DAY) == 3
    texts = [landing_path(tmp_path, _DAY, revision).read_text() for revision in (1, 2, 3)]
    assert texts[0] == texts[2] != texts[1]


@pytest.mark.parametrize(
    "place", ["done/ticks/GBPJPY/2012/12", "conflict/ticks/GBPJPY/2012/12/0123456789abcdef"]
)
def test_a_file_that_a_replicator_has_moved_on_counts(tmp_path: Path, place: str) -> None:
    first = publish_day(tmp_path, _DAY, _one()).path
    moved = tmp_path / place / first.name
    moved.parent.mkdir(parents=True)
    first.rename(moved)
    assert publish_day(tmp_path, _DAY, _one()) == (moved, 1, False)
    assert published_path(tmp_path, _DAY) == moved
    assert publish_day(tmp_path, _DAY, _one(132.142)) == (landing_path(tmp_path, _DAY, 2), 2, True)
    assert published_path(tmp_path, _DAY) == landing_path(tmp_path, _DAY, 2)


def test_a_day_that_was_never_published_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"Expected .*ticks/GBPJPY/2012/12/GBPJPY_2012-12-03.csv"):
        published_path(tmp_path, _DAY)


def test_leftovers_of_an_interruption_do_not_count(tmp_path: Path) -> None:
    folder = landing_path(tmp_path, _DAY).parent
    folder.mkdir(parents=True)
    (folder / ".GBPJPY_2012-12-03.csv.abc.tmp").write_text("half")
    (folder / "GBPJPY_2012-12-03.r2.csv.bak").write_text("else")
    assert latest_revision(tmp_path, _DAY) == 0
    assert publish_day(tmp_path, _DAY, _one()).revision == 1


def test_a_disk_that_refuses_leaves_nothing_visible(tmp_path: Path) -> None:
    day = SymbolDay("SYNEUR", date(2024, 1, 9))
    table = SyntheticSource(1, 1.0).fetch_day(day)
    refused = r"SYNEUR_2012-12-03.csv: the disk refuses .*SYNEUR\|2012-12-03 \(File too large\)"
    with disk_that_takes(100_000), pytest.raises(SetupError, match=refused):
        publish_day(tmp_path, SymbolDay("SYNEUR", _DAY.trading_day), table)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_landing_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ticks").write_text("in the way")
    with pytest.raises(SetupError, match="Expected a writable folder"):
        publish_day(tmp_path, _DAY, _one())


def test_racing_writers_never_overwrite(tmp_path: Path) -> None:
    barrier = threading.Barrier(6)

    def write(bid: float) -> None:
        barrier.wait()
        publish_day(tmp_path, _DAY, _one(bid))

    threads = [threading.Thread(target=write, args=(132.1 + step / 1000,)) for step in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = {path.read_text() for path in tmp_path.rglob("*.csv")}
    assert len(_published(tmp_path)) == len(texts) == 6
