from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.schemas import CONTEXT, names
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.storage.gold.rows import bar_rows, day_features, events, feature_rows
from ticklake_assets_tests.storage.gold.builders import MONDAY, event_times, make_features, make_labels


def test_features_come_back_bit_for_bit() -> None:
    random = np.random.default_rng(1)
    made = DayFeatures(
        event_times(MONDAY, 3), random.normal(size=(3, len(CONTEXT))), random.normal(size=(3, len(FEATURES)))
    )
    made.features[0, 0] = -0.0
    back = day_features(feature_rows(MONDAY, made))
    assert [column.tobytes() for column in back] == [column.tobytes() for column in made]


def test_an_empty_day_makes_typed_rows() -> None:
    rows = make_features(MONDAY, 0)
    assert rows.num_rows == 0
    assert str(rows.schema.field("ts_event").type) == "timestamp[us, tz=UTC]"


def test_events_join_the_days_in_order() -> None:
    tuesday = MONDAY.shifted(1)
    features = pa.concat_tables([make_features(MONDAY, 4), make_features(tuesday, 2)])
    labels = pa.concat_tables([make_labels(MONDAY, 4), make_labels(tuesday, 2)])
    joined = events(features, labels, names(FEATURES)[:2])
    assert joined.features.shape == (6, 2)
    assert joined.features[5, 1] == features[names(FEATURES)[1]][5].as_py()
    assert joined.day.tolist() == [19723] * 4 + [19724] * 2
    assert joined.ts_us.tolist() == [*event_times(MONDAY, 4), *event_times(tuesday, 2)]
    assert joined.long.entry_us.tolist() == (joined.ts_us + 200_000).tolist()
    assert joined.short.net[3] == labels["short_net"][3].as_py()
    assert joined.outcome.dtype == np.int8


def test_nan_of_an_order_without_entry_stays_nan() -> None:
    labels = make_labels(MONDAY, 2)
    at = labels.schema.get_field_index("long_entry")
    labels = labels.set_column(at, labels.schema.field(at), pa.array([float("nan"), 1.5]))
    joined = events(make_features(MONDAY, 2), labels, names(FEATURES))
    assert np.isnan(joined.long.entry[0])
    assert joined.long.entry[1] == 1.5


def test_a_missing_label_is_refused() -> None:
    with pytest.raises(DataError, match="Expected 4 labels, was 3"):
        events(make_features(MONDAY, 4), make_labels(MONDAY, 3), names(FEATURES))


def test_labels_of_another_day_are_refused() -> None:
    with pytest.raises(DataError, match="differ in 'trading_day'"):
        events(make_features(MONDAY, 4), make_labels(MONDAY.shifted(1), 4), names(FEATURES))


def test_rows_out_of_order_are_refused() -> None:
    turned = [1, 0, 2]
    with pytest.raises(DataError, match="not in time order at row 1"):
        events(make_features(MONDAY, 3).take(turned), make_labels(MONDAY, 3).take(turned), names(FEATURES))


def test_a_null_feature_is_refused_with_the_remedy() -> None:
    features = make_features(MONDAY, 3)
    at = features.schema.get_field_index(FEATURES[0].name)
    features = features.set_column(at, FEATURES[0].name, pa.array([None, 1.0, 2.0]))
    with pytest.raises(DataError, match=r"null in 1 of 3 rows.*ticklake backfill"):
        events(features, make_labels(MONDAY, 3), names(FEATURES))


def test_unknown_columns_are_refused() -> None:
    with pytest.raises(DataError, match=r"gold\.bars for EURUSD\|2024-01-01"):
        bar_rows(MONDAY, {"bar_end": np.empty(0, dtype=np.int64)})
