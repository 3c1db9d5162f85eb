"""A served day made again from its ticks: everything that was changed is found, and by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.errors import DataError
from ticklake_assets.journal.reading import JournaledDay, read_newest
from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import FUTURE
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.deployed.signing import public_key
from ticklake_assets.modeling.judging.recompute import Recomputed, recompute
from ticklake_assets_tests.serving.deployments import make_bundle, make_deployment
from ticklake_assets_tests.serving.endpoint.desk import Talk, open_desk
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.streamed_day import disorder, rows_of

_LATE_NOON_US = DAY.start_us + 20 * 3_600_000_000
"""A clock that is behind the last hours of the day: their ticks are from ahead."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, the champion and a shadow; a day in disorder, whose last hours come before their time."""
    folder = tmp_path_factory.mktemp("desk")
    ticks = disorder(DAY, record_day(folder / "landing").columns()).ticks
    models = ModelStore(folder / "models", folder / "keys")
    models.push(make_deployment(folder / "keys", DAY.symbol))
    models.push(make_deployment(folder / "keys", DAY.symbol, passed=False, seed=2))
    with open_desk(folder, now_us=_LATE_NOON_US, models=models) as desk:
        talk = Talk(desk)
        talk.say('{"type":"start","complete":true,"rolls":false}')
        rows = rows_of(ticks)
        for at in range(0, len(rows), 300):
            talk.say(orjson.dumps({"type": "ticks", "seq": at + 1, "rows": rows[at : at + 300]}))
    return folder


@pytest.fixture(scope="module")
def bundles(folder: Path) -> dict[str, Bundle]:
    opened = [
        open_bundle(make_bundle(folder / "keys", DAY.symbol, seed=seed), public_key(folder / "keys"))
        for seed in (1, 2)
    ]
    return {bundle.digest: bundle for bundle in opened}


@pytest.fixture
def journaled(folder: Path) -> JournaledDay:
    return read_newest(folder / "journal", DAY)


def made(journaled: JournaledDay, bundles: dict[str, Bundle]) -> Recomputed:
    return recompute(DAY, journaled, bundles, {})


def test_a_day_in_disorder_comes_out_again_to_the_bit(
    journaled: JournaledDay, bundles: dict[str, Bundle]
) -> None:
    found = made(journaled, bundles)
    assert (found.share, found.differing, found.differences) == (1.0, {}, ())
    assert found.signals == 2 * found.events > 50
    assert set(found.not_recomputed) == {"future"}
    codes = np.concatenate([batch.codes for batch in journaled.batches])
    assert found.not_recomputed["future"] == np.count_nonzero(codes == FUTURE) > 0


def test_reasons_that_the_ticks_do_not_tell_are_listed(
    journaled: JournaledDay, bundles: dict[str, Bundle]
) -> None:
    for batch in journaled.batches:
        for signals in batch.signals:
            signals[0]["abstain"] = ["breaker", *signals[0]["abstain"]]
    found = made(journaled, bundles)
    assert found.share == 1.0
    assert found.not_recomputed["breaker"] == found.events


def _with_events(journaled: JournaledDay) -> int:
    return next(
        at for at, each in enumerate(journaled.records) if isinstance(each, Batch) and len(each.event_rows)
    )


def _signal(name: str, value: Callable[[Any], Any], model: int = 0) -> Callable[[Batch], Batch]:
    def change(batch: Batch) -> Batch:
        signal = next(each[model] for each in batch.signals if each[model]["side"] != "none")
        signal[name] = value(signal[name])
        return batch

    return change


def _verdict(batch: Batch) -> Batch:
    codes = batch.codes.copy()
    codes[int(np.flatnonzero(codes == 0)[-1])] = 1
    return batch._replace(codes=codes)


def _feature(batch: Batch) -> Batch:
    features = batch.features.copy()
    features[0, 5] = np.nextafter(features[0, 5], np.inf)
    return batch._replace(features=features)


def _event_time(batch: Batch) -> Batch:
    return batch._replace(
        event_ts_us=batch.event_ts_us + np.eye(1, len(batch.event_ts_us), dtype=np.int64)[0]
    )


def _event_gone(batch: Batch) -> Batch:
    return batch._replace(
        event_rows=batch.event_rows[1:],
        event_ts_us=batch.event_ts_us[1:],
        features=batch.features[1:],
        signals=batch.signals[1:],
    )


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("verdict", _verdict),
        ("feature", _feature),
        ("event time", _event_time),
        ("event", _event_gone),
        *[
            (name, _signal(name, lambda value: np.nextafter(value, 9.0).item()))
            for name in ("p_short", "p_neither", "p_long", "anomaly", "threshold", "stop", "target")
        ],
        *[
            (name, _signal(name, lambda value: value + 1))
            for name in ("seq", "ts_us", "earliest_entry_us", "horizon_end_us", "day_end_us")
        ],
        ("side", _signal("side", lambda value: "short" if value == "long" else "long")),
        ("signal_id", _signal("signal_id", lambda _: "0" * 16)),
        ("p_long", _signal("p_long", lambda _: None, model=1)),
        ("abstain", _signal("abstain", lambda told: [*told, "out_of_distribution"])),
        ("bundle", _signal("bundle", lambda _: "0" * 64)),
    ],
)
def test_whatever_was_changed_is_found_by_its_name(
    journaled: JournaledDay,
    bundles: dict[str, Bundle],
    what: str,
    change: Callable[[Batch], Batch],
) -> None:
    at = _with_events(journaled)
    batch = journaled.records[at]
    assert isinstance(batch, Batch)
    journaled.records[at] = change(batch)
    found = made(journaled, bundles)
    assert found.differing == {what: 1}
    assert found.equal_ticks == found.ticks - 1
    assert what in found.differences[0]


def test_a_reason_of_the_event_that_was_left_out_is_found(
    journaled: JournaledDay, bundles: dict[str, Bundle]
) -> None:
    """The same ticks for bundles that find every market strange."""
    strange = {
        digest: replace(
            bundle,
            manifest=bundle.manifest.model_copy(
                update={"thresholds": bundle.manifest.thresholds.model_copy(update={"anomaly": 0.0})}
            ),
        )
        for digest, bundle in bundles.items()
    }
    found = made(journaled, strange)
    assert found.differing == {"abstain": found.signals}


def test_another_kernels_journal_is_not_made_again(
    journaled: JournaledDay, bundles: dict[str, Bundle]
) -> None:
    journaled.header["kernel_version"] = "0"
    with pytest.raises(DataError, match=r"the journal is of kernel_version 0\. Expected"):
        made(journaled, bundles)


def test_a_day_without_ticks_is_equal(journaled: JournaledDay) -> None:
    journaled.records.clear()
    found = recompute(DAY, journaled, {}, {})
    assert (found.ticks, found.share) == (0, 1.0)
