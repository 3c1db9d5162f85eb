from __future__ import annotations

import io
import math
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ConservationError, DataError
from ticklake_assets.core.schemas import CSV_HEADER, TICKS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.raw.sealed_bytes import read_sealed, reading
from ticklake_assets.storage.raw.seals import seal_day
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw, typed

TIME = "2024-01-15T00:00:01.883Z"


def raw(*rows: str, header: str = CSV_HEADER, end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in (header, *rows)).encode()


def rows_of(*rows: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = typed(raw(*rows)).table.to_pylist()
    return found


def test_every_field_is_typed() -> None:
    moment = datetime(2024, 1, 15, 0, 0, 1, 883_000, tzinfo=UTC)
    assert rows_of(f"{TIME},1.1,1.2,3.5,1e-06", "2024-01-15T23:59:59.999999Z,1,2,3,4") == [
        {"source_row": 1, "ts_event": moment, "bid": 1.1, "ask": 1.2, "bid_size": 3.5, "ask_size": 1e-6},
        {
            "source_row": 2,
            "ts_event": datetime(2024, 1, 15, 23, 59, 59, 999_999, tzinfo=UTC),
            "bid": 1.0,
            "ask": 2.0,
            "bid_size": 3.0,
            "ask_size": 4.0,
        },
    ]


def test_empty_is_null_and_nan_and_infinities_are_what_they_say() -> None:
    (row,) = rows_of(",nan,inf,-inf,")
    assert row["ts_event"] is None
    assert row["ask_size"] is None
    assert math.isnan(float(str(row["bid"])))
    assert (row["ask"], row["bid_size"]) == (math.inf, -math.inf)


def test_a_closed_day_is_an_empty_typed_table() -> None:
    table = typed(raw()).table
    assert table.schema == arrow_schema(TICKS)
    assert table.num_rows == 0
    assert pq.read_table(io.BytesIO(parquet_bytes(table))).num_rows == 0


def test_rows_keep_their_order_and_repeat() -> None:
    later, earlier = f"{TIME},2,2,2,2", "2024-01-15T00:00:00.000Z,1,1,1,1"
    rows = rows_of(later, earlier, later)
    assert [row["bid"] for row in rows] == [2.0, 1.0, 2.0]
    assert [row["source_row"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize(
    "data",
    [
        raw(f"{TIME},1,2,3,4", f"{TIME},5,6,7,8", end="\r\n"),
        b"\xef\xbb\xbf" + raw(f"{TIME},1,2,3,4", f"{TIME},5,6,7,8"),
        raw(f"{TIME},1,2,3,4", f"{TIME},5,6,7,8").removesuffix(b"\n"),
    ],
    ids=["CRLF", "byte order mark", "no last line end"],
)
def test_spellings_of_the_same_file(data: bytes) -> None:
    assert typed(data).table == typed(raw(f"{TIME},1,2,3,4", f"{TIME},5,6,7,8")).table


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2024-01-15,1,1,1,1,1", "Expected 5 fields, was 6: '2024-01-15,1,1,1,1,1'"),
        (f"{TIME},1,1,1", f"Expected 5 fields, was 4: '{TIME},1,1,1'"),
        ("", "Expected 5 fields, was 1: ''"),
        (f"{TIME},abc,1,1,1", "column bid. Expected a number, was 'abc'"),
        (f"{TIME},1,1,1,null", "column ask_size. Expected a number, was 'null'"),
        (f'{TIME},"1",1,1,1', "column bid. Expected a number, was '\"1\"'"),
        (f"{TIME},1,1,1_0,1", "column bid_size. Expected a number, was '1_0'"),
        ("2024-01-15T00:00:01.883,1,1,1,1", "column ts_event. Expected a UTC time like"),
        ("2024-01-15T24:00:01.883Z,1,1,1,1", "column ts_event. Expected a UTC time like"),
        ("2024-01-15T00:00:01.1234567Z,1,1,1,1", "was '2024-01-15T00:00:01.1234567Z'"),
        ("15.01.2024 00:00:01.883,1,1,1,1", "was '15.01.2024 00:00:01.883'"),
        ("\0,1,1,1,1", "was '\\x00'"),
    ],
)
@pytest.mark.parametrize("at", [0, 1_234, 2_999])
def test_the_first_bad_row_is_named(row: str, message: str, at: int) -> None:
    lines = make_raw(3_000).decode().splitlines()
    lines.insert(at + 1, row)
    lines.append(f"{TIME},also bad,1,1,1")
    with pytest.raises(DataError) as caught:
        typed("".join(f"{line}\n" for line in lines).encode(), "raw/ticks/a.csv")
    assert str(caught.value).startswith(f"raw/ticks/a.csv, data row {at + 1}")
    assert message in str(caught.value)


def test_a_line_end_of_another_kind_is_no_lost_row() -> None:
    with pytest.raises(ConservationError, match="Expected 1 rows, one a line, was 2"):
        typed(raw(f"{TIME},1,1,1,1\r{TIME},1,1,1,1"))


def mixed(foreign: int, own: int) -> bytes:
    return make_raw(foreign, DAY.shifted(1)) + make_raw(own).partition(b"\n")[2]


def test_half_the_rows_of_another_day_are_cleanings_matter() -> None:
    assert typed(mixed(foreign=2, own=2)).foreign_rows == 2


@pytest.mark.parametrize(("foreign", "own"), [(3, 2), (1, 0)])
def test_another_days_file_is_refused(foreign: int, own: int) -> None:
    with pytest.raises(DataError, match=rf"raw/a holds another day's rows.* was {own}"):
        typed(mixed(foreign, own))


def test_rows_without_time_are_of_no_other_day() -> None:
    assert typed(raw(",1,1,1,1", ",1,1,1,1")).foreign_rows == 0


@pytest.mark.parametrize("data", [b"", raw(header="ts_event,bid,ask")])
def test_a_file_without_its_header_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="Expected 'ts_event,bid,ask,bid_size,ask_size'"):
        typed(data)


numbers = st.none() | st.floats(width=64)
quotes = st.tuples(st.none() | st.integers(DAY.start_us, DAY.end_us - 1), numbers, numbers, numbers, numbers)


@given(st.lists(quotes, max_size=30))
def test_parquet_holds_exactly_what_the_text_said(rows: list[tuple[object, ...]]) -> None:
    def text(row: tuple[object, ...]) -> str:
        time = "" if row[0] is None else _iso(int(str(row[0])))
        return ",".join([time, *("" if value is None else repr(value) for value in row[1:])])

    table = typed(raw(*map(text, rows))).table
    read = pq.read_table(io.BytesIO(parquet_bytes(table)))
    assert read.num_rows == len(rows)
    micros = read["ts_event"].cast(pa.int64()).to_pylist()
    found = zip(micros, *(read[name].to_pylist() for name in table.column_names[2:]), strict=True)
    assert [tuple(map(repr, row)) for row in found] == [tuple(map(repr, row)) for row in rows]
    assert read["source_row"].to_pylist() == list(range(1, len(rows) + 1))


def _iso(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_same_rows_give_the_same_bytes() -> None:
    data = make_raw(86_000) + make_raw(86_000).partition(b"\n")[2]  # above the parser's block size
    digests = {sha256(parquet_bytes(typed(data).table)).hexdigest() for _ in range(4)}
    before = pa.cpu_count()
    try:
        for threads in (1, 3):
            pa.set_cpu_count(threads)
            digests.add(sha256(parquet_bytes(typed(data).table)).hexdigest())
    finally:
        pa.set_cpu_count(before)
    assert len(data) > 2 * (1 << 22)
    assert len(digests) == 1


def test_from_raw_object_to_published_partition(store: ObjectStore) -> None:
    store.create(raw_key(DAY), make_raw(500))
    seal = seal_day(store, DAY)
    partitions = PartitionStore(store, "parquet")
    for run in ("run-1", "run-2"):
        with reading(store, seal) as sealed:
            ingested = ingest(sealed.data, DAY, sealed.key, seal.rows)
            manifest = partitions.publish_table(DAY, ingested, sealed, run)
        assert partitions.read(DAY) == ingested.table
        assert manifest.made_from.sha256 == seal.sha256
    folder = f"parquet/ticks/symbol=EURUSD/trading_day={DAY.trading_day}/"
    keys = [found.key for found in store.list("parquet/")]
    assert keys == [f"{folder}{seal.sha256[:16]}.parquet", f"{folder}manifest.json"]


def test_real_days_arrive_tick_by_tick(shared_data: Path, local_store: ObjectStore, tmp_path: Path) -> None:
    source = FolderSource(shared_data / "dukascopy")
    replicator = EmbeddedReplicator(tmp_path / "landing", local_store)
    for number, ticks in ((1, 0), (2, 3_649), (3, 58_953)):
        day = SymbolDay("GBPJPY", date(2012, 12, number))
        fetched = source.fetch_day(day)
        publish_day(tmp_path / "landing", day, fetched)
        replicator.deliver(day)
        seal = seal_day(local_store, day)
        table = ingest(read_sealed(local_store, seal), day, seal.key, seal.rows).table
        assert seal.rows == table.num_rows == ticks
        assert table.drop_columns("source_row").equals(fetched.select(table.column_names[1:]))


def test_a_parser_that_loses_a_row_is_not_published(local_store: ObjectStore) -> None:
    local_store.create(raw_key(DAY), make_raw(5))
    seal = seal_day(local_store, DAY)
    partitions = PartitionStore(local_store, "parquet")
    with reading(local_store, seal) as sealed:
        ingested = ingest(sealed.data, DAY, sealed.key, seal.rows)
        short = ingested._replace(table=ingested.table.slice(1))
        with pytest.raises(ConservationError, match="Expected 5 rows kept"):
            partitions.publish_table(DAY, short, sealed, "run-1")
    assert partitions.manifest(DAY) is None


def test_other_engines_read_the_encoding(tmp_path: Path) -> None:
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    table = typed(make_raw(5_000)).table
    file = tmp_path / "a.parquet"
    file.write_bytes(parquet_bytes(table))
    columns = ["source_row", "bid", "ask", "bid_size", "ask_size"]
    expected = [tuple(row) for row in zip(*(table[name].to_pylist() for name in columns), strict=True)]
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {', '.join(columns)} FROM '{file}'").fetchall() == expected
    assert polars.read_parquet(file).select(columns).rows() == expected
