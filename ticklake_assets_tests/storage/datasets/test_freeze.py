from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Fold, Windows
from ticklake_assets.core.label_table import LABEL_TABLE
from ticklake_assets.core.schemas import Column, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.checks import CheckedWindow
from ticklake_assets.storage.datasets.files import load
from ticklake_assets.storage.datasets.freeze import (
    load_latest,
    load_version,
    write_dataset,
)
from ticklake_assets.storage.gold.schema import GOLD, GoldTable
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.datasets.builders import (
    AS_OF,
    DAYS,
    WINDOWS,
    make_request,
    open_registry,
    run_freeze,
)
from ticklake_assets_tests.storage.gold.builders import (
    RUN,
    fill_gold,
    make_bars,
    make_features,
    make_labels,
    make_sources,
    open_gold,
)


def replace_cell(rows: pa.Table, column: str, row: int, value: object) -> pa.Table:
    at = rows.schema.get_field_index(column)
    values = rows[column].to_pylist()
    values[row] = value
    return rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))


def test_a_frozen_dataset_is_gold_split_by_the_windows(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=5)
        frozen = run_freeze(gold, tmp_path)
        dataset = load_latest(open_registry(tmp_path), "EURUSD", AS_OF)
    assert frozen.version.tag == dataset.version == "EURUSD/2024-01-09/v1"
    assert dataset.manifest == frozen.manifest
    assert {part: len(rows.ts_us) for part, rows in dataset.parts.items()} == {
        "train": 20,
        "validate": 10,
        "test": 10,
    }
    expected = make_features(DAYS[6], 5)
    assert dataset.parts["test"].features[0].tolist() == [
        expected[name][0].as_py() for name in names(FEATURES)
    ]
    assert dataset.parts["test"].bid[0] == expected["bid"][0].as_py()
    assert dataset.parts["test"].long.net[0] == make_labels(DAYS[6], 5)["long_net"][0].as_py()
    assert dataset.identity()["snapshot_labels"] == str(frozen.manifest.snapshots["labels"])


def test_the_manifest_has_a_line_a_partition(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=5)
        gold.replace("bars", [DAYS[2]], make_bars(DAYS[2], 19), RUN)
        request = make_request()
        short = {**request.sources, **make_sources([DAYS[2]], quotes=19_000)}
        manifest = run_freeze(gold, tmp_path, replace(request, sources=short)).manifest
    lines = manifest.partitions
    assert [line.day for line in lines] == [day.trading_day for day in DAYS]
    assert [line.part for line in lines] == ["train"] * 4 + ["validate"] * 2 + ["test"] * 2
    assert (lines[2].quotes, lines[2].open, lines[3].quotes, lines[3].open) == (19_000, False, 25_000, True)
    assert lines[0].raw_sha256 == "raw-2024-01-01"
    assert len({line.sha256 for line in lines}) == 8
    assert len(manifest.open_days("train")) == 3


def test_the_checks_are_a_table_with_label_balance_reported(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        checks = {check.name: check for check in run_freeze(gold, tmp_path).checks}
    assert all(check.passed for check in checks.values())
    assert checks["features_are_those_committed"].value == 320
    assert checks["open_days[train]"][:3] == ("open_days[train]", 4, ">= 1")
    outcomes = pa.concat_tables(make_labels(day, 40) for day in DAYS[6:])["outcome"].to_pylist()
    for part in ("train", "validate", "test"):
        shares = [checks[f"label_balance[{part} {name}]"] for name in ("short", "neither", "long")]
        assert sum(share.value for share in shares) == pytest.approx(1)
        assert {share.expectation for share in shares} == {"reported"}
    assert checks["label_balance[test long]"].value == outcomes.count(2) / 80
    assert checks["labels_are_known_before_as_of"].doc.startswith("Labels that the as-of day could not")
    assert open_registry(tmp_path).checks("EURUSD/2024-01-09/v1") == list(checks.values())


def test_the_same_gold_gives_the_same_files(tmp_path: Path) -> None:
    request = make_request()
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=30)
        snapshots = {table: gold.snapshot_id(table) or 0 for table in ("bars", "features", "labels")}
        for folder in (tmp_path / "a", tmp_path / "b"):
            folder.mkdir()
            write_dataset(gold, request, Fold.before(AS_OF, WINDOWS), snapshots, folder)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_gold_made_again_with_the_same_rows_is_the_same_version(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        first = run_freeze(gold, tmp_path)
        fill_gold(gold, DAYS)
        again = run_freeze(gold, tmp_path)
        assert (again.version, again.manifest) == (first.version, first.manifest)
        assert len(gold.table("features").refs()) == 2  # main and one tag


def test_days_that_gold_lacks_are_named_with_the_command(tmp_path: Path) -> None:
    request = make_request()
    sources = {day: source for day, source in request.sources.items() if day.day not in (3, 5)}
    with open_gold(tmp_path) as gold:
        message = r"2024-01-03, 2024-01-05\. Expected all.*`ticklake backfill EURUSD 2024-01-03 2024-01-05`"
        with pytest.raises(MissingDataError, match=message):
            run_freeze(gold, tmp_path, replace(request, sources=sources))


def test_a_short_window_is_refused(tmp_path: Path) -> None:
    request = make_request()
    with open_gold(tmp_path) as gold, pytest.raises(MissingDataError, match="Expected 8 days, was 6"):
        run_freeze(gold, tmp_path, replace(request, days=list(request.days)[2:]))


def test_empty_gold_and_gold_from_before_a_feature_are_refused(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        with pytest.raises(MissingDataError, match=r"gold\.bars was never written.*ticklake backfill EURUSD"):
            run_freeze(gold, tmp_path)
        fill_gold(gold, DAYS, events=2)
        request = replace(make_request(), feature_names=(*names(FEATURES), "later"))
        with pytest.raises(MissingDataError, match=r"before \['later'\] existed.*ticklake backfill EURUSD"):
            run_freeze(gold, tmp_path, request)


TUESDAY = DAYS[1]
LATER_LABELS = (
    *LABEL_TABLE,
    Column("mid_at_close", "float64", "an added label", nullable=True),
    Column("mid_at_close_known_at", "timestamp_us", "when it is known", nullable=True),
)
MIDNIGHT = datetime(2024, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "rows", "failing"),
    [
        ("labels", make_labels(TUESDAY, 4).slice(1), "events_have_features_and_labels: expected = 0, was 1"),
        (
            "features",
            pa.concat_tables([make_features(TUESDAY, 4), make_features(TUESDAY, 1)]),
            "feature_events_are_distinct: expected = 0, was 1",
        ),
        (
            "labels",
            pa.concat_tables([make_labels(TUESDAY, 4), make_labels(TUESDAY, 2)]),
            "label_events_are_distinct: expected = 0, was 2",
        ),
        (
            "features",
            replace_cell(make_features(TUESDAY, 4), FEATURES[3].name, 2, float("nan")),
            "features_are_finite: expected = 0, was 1",
        ),
        (
            "features",
            replace_cell(make_features(TUESDAY, 4), FEATURES[3].name, 2, float("-inf")),
            "features_are_finite: expected = 0, was 1",
        ),
        (
            "labels",
            replace_cell(make_labels(TUESDAY, 4), "outcome", 0, 3),
            "labels_are_there: expected = 0, was 1",
        ),
        (
            "labels",
            replace_cell(make_labels(TUESDAY, 4), "width", 0, float("nan")),
            "labels_are_there: expected = 0, was 1",
        ),
        (
            "labels",
            replace_cell(make_labels(TUESDAY, 4), "known_at", 3, MIDNIGHT),
            "labels_are_known_in_their_day: expected = 0, was 1",
        ),
        (
            "features",
            replace_cell(make_features(TUESDAY, 4), "ts_event", 3, MIDNIGHT),
            "events_lie_in_their_day: expected = 0, was 1",
        ),
        (
            "features",
            replace_cell(make_features(TUESDAY, 4), "sigma_1m", 1, float("inf")),
            "features_are_finite: expected = 0, was 1",
        ),
        ("features", make_features(TUESDAY, 0), "open_days_have_events: expected = 0, was 1"),
        ("bars", make_bars(TUESDAY, 24), "bars_hold_every_raw_row: expected = 0, was 1"),
        (
            "bars",
            pa.concat_tables([make_bars(TUESDAY, 24), make_bars(TUESDAY, 1)]),
            "bars_are_distinct: expected = 0, was 1",
        ),
    ],
)
def test_a_failing_check_refuses_the_freeze_and_is_named(
    tmp_path: Path, table: str, rows: pa.Table, failing: str
) -> None:
    days = [day.trading_day for day in DAYS[:4]]
    request = replace(make_request(), as_of=date(2024, 1, 5), windows=Windows(2, 1, 1), days=days)
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS[:4], events=4)
        gold.replace(table, [TUESDAY], rows, RUN)
        with pytest.raises(DataError, match=f"Dataset EURUSD 2024-01-05 is not frozen.*{failing}"):
            run_freeze(gold, tmp_path, request)
        assert list(gold.table(table).refs()) == ["main"]
    assert open_registry(tmp_path).versions() == []


def test_a_day_without_a_quote_is_conserved_too(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        request = make_request()
        for table, rows in (("bars", make_bars(DAYS[2], 0)), ("features", make_features(DAYS[2], 0))):
            gold.replace(table, [DAYS[2]], rows, RUN)
        gold.replace("labels", [DAYS[2]], make_labels(DAYS[2], 0), RUN)
        with pytest.raises(DataError, match="bars_hold_every_raw_row: expected = 0, was 1"):
            run_freeze(gold, tmp_path)
        closed = {**request.sources, **make_sources([DAYS[2]], quotes=0)}
        assert not run_freeze(gold, tmp_path, replace(request, sources=closed)).manifest.partitions[2].open


def test_a_cell_of_a_label_that_is_missing_is_counted(tmp_path: Path) -> None:
    """Iceberg refuses a null in a required column; an engine that ignores it, or a later column, would not."""
    window = CheckedWindow(
        "EURUSD",
        Fold.before(AS_OF, WINDOWS),
        names(FEATURES),
        LATER_LABELS,
        1,
        make_sources(DAYS),
        {},
        {"features": 0, "labels": 0},
    )
    times = pa.array([MIDNIGHT] * 4, pa.timestamp("us", "UTC"))
    labels = replace_cell(make_labels(TUESDAY, 4), "long_net", 0, None)
    labels = labels.append_column("mid_at_close", pa.array([1.0, float("nan"), None, 1.0]))
    labels = replace_cell(
        labels.append_column("mid_at_close_known_at", times), "mid_at_close_known_at", 2, None
    )
    assert "l.long_net IS NULL" in str(window.values()["a_label_is_missing"])
    with duckdb.connect() as connection:
        connection.register("l", labels)
        found = connection.execute(f"SELECT count(*) FROM l WHERE {window.values()['a_label_is_missing']}")
        assert found.fetchone() == (3,)


def test_a_label_that_gold_lacks_or_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    """A label is added over gold that exists, then gold is made again."""
    request = replace(make_request(), label_table=LATER_LABELS)
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=4)
        message = (
            r"gold\.labels was last written before \['mid_at_close', .* existed.*ticklake backfill EURUSD"
        )
        with pytest.raises(MissingDataError, match=message):
            run_freeze(gold, tmp_path, request)
        later = GoldTables(gold.catalog, {**GOLD, "labels": GoldTable(LATER_LABELS, "ts_event")})
        for day in DAYS:
            rows = make_labels(day, 4)
            value = pa.array([1.0, 1.0, float("nan") if day == TUESDAY else 1.0, 1.0])
            rows = rows.append_column("mid_at_close", value)
            later.replace("labels", [day], rows.append_column("mid_at_close_known_at", rows["known_at"]), RUN)
        with pytest.raises(DataError, match="labels_have_no_null: expected = 0, was 1"):
            run_freeze(later, tmp_path, request)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            {"labels": "unknown"},
            (
                r"has with labels of other rules or costs 2 of 8 days: 2024-01-03, 2024-01-04\. "
                rf"Expected all by label version {re.escape(make_request().label_version)}, was unknown; "
            ),
        ),
        (
            {"kernel_version": "1"},
            (
                r"has from another feature kernel 2 of 8 days: 2024-01-03, 2024-01-04\. "
                rf"Expected all by kernel {re.escape(KERNEL_VERSION)}, was 1; "
            ),
        ),
    ],
)
def test_days_of_other_code_are_named_with_the_command(
    tmp_path: Path, other: dict[str, str], told: str
) -> None:
    request = make_request()
    mixed = {**request.sources, **make_sources(DAYS[2:4], **other)}
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        with pytest.raises(
            MissingDataError, match=told + ".*`ticklake backfill EURUSD 2024-01-03 2024-01-04`"
        ):
            run_freeze(gold, tmp_path, replace(request, sources=mixed))
        assert run_freeze(gold, tmp_path).manifest.label_version == request.label_version


def test_a_label_known_after_the_as_of_day_is_refused(tmp_path: Path) -> None:
    last = DAYS[-1]
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=4)
        late = replace_cell(make_labels(last, 4), "known_at", 3, datetime(2024, 1, 9, tzinfo=UTC))
        gold.replace("labels", [last], late, RUN)
        with pytest.raises(DataError, match="labels_are_known_before_as_of: expected = 0, was 1"):
            run_freeze(gold, tmp_path)


def test_a_part_without_an_open_day_is_refused(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=4)
        gold.replace("bars", DAYS[6:], pa.concat_tables(make_bars(day, 1) for day in DAYS[6:]), RUN)
        request = make_request()
        quiet = {**request.sources, **make_sources(DAYS[6:], quotes=1_000)}
        with pytest.raises(DataError, match=r"1 of 26 .*open_days\[test\]: expected >= 1, was 0"):
            run_freeze(gold, tmp_path, replace(request, sources=quiet))


def test_other_symbols_and_days_do_not_matter(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        yen = [SymbolDay("GBPJPY", day.trading_day) for day in DAYS]
        fill_gold(gold, [*yen, DAYS[-1].shifted(1)], events=3)
        assert run_freeze(gold, tmp_path).manifest.rows("train") == 160


def test_a_changed_file_or_manifest_is_not_loaded(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS, events=3)
        version = run_freeze(gold, tmp_path).version
    folder = tmp_path / "out"
    open_registry(tmp_path).checkout(version.tag, folder)
    data = (folder / "test.parquet").read_bytes()
    (folder / "test.parquet").write_bytes(data[:-9] + b"x" + data[-8:])
    with pytest.raises(DataError, match=r"test\.parquet is not the file that was frozen"):
        load(folder)
    (folder / "test.parquet").unlink()
    with pytest.raises(MissingDataError, match=r"test\.parquet is absent"):
        load(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(MissingDataError, match="holds no dataset"):
        load(folder)


def test_an_as_of_day_without_a_dataset_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="No dataset of EURUSD as of 2024-01-09 is frozen"):
        load_latest(open_registry(tmp_path), "EURUSD", AS_OF)


def test_what_was_trained_on_is_read_again_whatever_was_frozen_since(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        first = run_freeze(gold, tmp_path).version
        gold.replace("features", [DAYS[7]], make_features(DAYS[7], 40, seed=9), RUN)
        second = run_freeze(gold, tmp_path).version
    registry = open_registry(tmp_path)
    read = load_version(registry, first.tag, first.digest)
    assert (read.version, read.manifest.digest) == (first.tag, first.digest)
    assert load_latest(registry, "EURUSD", AS_OF).version == second.tag
    another = rf"v2 is not the dataset .* Expected digest {first.digest}, was {second.digest}: train again"
    with pytest.raises(DataError, match=another):
        load_version(registry, second.tag, first.digest)
    subprocess.run(["git", "tag", "--delete", first.tag], cwd=tmp_path / "registry", check=True)
    gone = rf"that was trained on is gone\. Expected {first.tag} with digest {first.digest}.*: materialize dataset/"
    with pytest.raises(MissingDataError, match=gone):
        load_version(registry, first.tag, first.digest)
