"""An order followed to raw bytes and back, over a home in which every link is real, from seals to journals."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from rich.console import Console

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.terminal.request import comment_of
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Fill, Intent, Order, OrderReport, OrderState, Outcome, Position, Request
from mt5_bridge.wire.contract import Signal
from ticklake_assets.commands.why import affected_by, why
from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import build_bundle, open_bundle
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import write_part
from ticklake_assets.storage.datasets.manifest import MANIFEST, PARTS, DatasetDay, DatasetManifest
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets.storage.raw.seals import Seal
from ticklake_assets_tests.lifecycle.test_day_provenance import deliver
from ticklake_assets_tests.serving.deployments import make_bundle, make_manifest
from ticklake_assets_tests.serving.endpoint.journal.test_served_signals import make_signal, serve
from ticklake_assets_tests.storage.gold.builders import make_bars, make_features, make_labels

SYMBOL, AS_OF = "EURUSD", date(2024, 1, 18)
DAYS = [SymbolDay(SYMBOL, date(2024, 1, 15 + offset)) for offset in range(3)]
LATER = SymbolDay(SYMBOL, date(2024, 1, 18))
"""In no dataset."""
LIVE = SymbolDay(SYMBOL, date(2024, 1, 19))
"""In no dataset, but its quotes were streamed to the endpoint."""


class Home(NamedTuple):
    settings: Settings
    bundle: str
    comment: str
    signal: str
    live_signal: str
    seals: dict[SymbolDay, Seal]

    def why(self, name: str, *, rehash: bool = False) -> dict[str, Any]:
        return self._told(lambda console: why(self.settings, name, [], console, rehash=rehash, as_json=True))

    def affected_by(self, key: str) -> dict[str, Any]:
        return self._told(lambda console: affected_by(self.settings, key, console, as_json=True))

    def _told(self, ask: Any) -> dict[str, Any]:
        console = Console(file=io.StringIO(), width=200)
        ask(console)
        told: dict[str, Any] = json.loads(console.file.getvalue())  # type: ignore[attr-defined]
        return told


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One for all: databases of Dagster and MLflow take their time to make."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    store = Lake(url=settings.lake).store
    seals = {day: deliver(store, day, 1) for day in DAYS}
    seals[LATER] = deliver(store, LATER, 2)
    seals[LIVE] = deliver(store, LIVE, 1)
    manifest = freeze_by_hand(settings, seals)
    bundle = bundle_of(settings, manifest)
    signal = make_signal(DAYS[-1].start_us + 1, bundle=bundle)
    live = make_signal(LIVE.start_us + 1, bundle=bundle)
    serve(settings.journals, [signal])
    serve(settings.journals, [live], day=LIVE)
    comment = trade(settings, signal)
    return Home(settings, bundle, comment, signal["signal_id"], live["signal_id"], seals)


def freeze_by_hand(settings: Settings, seals: dict[SymbolDay, Seal]) -> DatasetManifest:
    """A dataset version of a day a part, pinned to snapshots of real gold tables."""
    with Gold.from_settings(settings).tables as gold:
        makers = {"bars": make_bars, "features": make_features, "labels": make_labels}
        snapshots = {
            table: gold.replace(table, DAYS, pa.concat_tables(make(day, 4) for day in DAYS), {})
            for table, make in makers.items()
        }
        lines = [
            DatasetDay(
                day.trading_day, part, 4, 40, open=True, sha256=f"rows-{part}", raw_sha256=seals[day].sha256
            )
            for day, part in zip(DAYS, PARTS, strict=True)
        ]
        registry = Datasets.from_settings(settings).registry
        folder = settings.home / "frozen"
        folder.mkdir()
        files = dict(write_part(folder, part, pa.table({"it": [1]})) for part in PARTS)
        features = tuple(names(FEATURES))
        windows = Windows(1, 1, 1)
        manifest = DatasetManifest(
            SYMBOL, AS_OF, windows, KERNEL_VERSION, features, snapshots, tuple(lines), files
        )
        for table, snapshot in snapshots.items():
            gold.tag(table, snapshot, manifest.tag)
    (folder / MANIFEST).write_bytes(manifest.to_json())
    assert registry.publish(folder, manifest).tag == f"{SYMBOL}/{AS_OF}/v1"
    return manifest


def bundle_of(settings: Settings, manifest: DatasetManifest) -> str:
    key = signing_key(settings.keys_dir)
    opened = open_bundle(make_bundle(settings.keys_dir, SYMBOL), key.public_key())
    identity = {"version": f"{SYMBOL}/{AS_OF}/v1", "digest": manifest.digest}
    stated = make_manifest(SYMBOL, as_of=AS_OF).model_copy(update={"dataset": identity})
    data = build_bundle(stated, opened.parts, key)
    digest = open_bundle(data, key.public_key()).digest
    put_bundle(Lake(url=settings.lake).store, SYMBOL, digest, data)
    return digest


def trade(settings: Settings, signal: dict[str, Any]) -> str:
    """The bridge's journal of the order that answers the signal; returns its comment."""
    intent = Intent.of(Signal.model_validate(signal))
    order = Order(intent.intent_id, SYMBOL, "long", 1, 1.0, 1.2, 2, 3)
    with ChainedLog(settings.home / "journal" / "session.jsonl", {"account": "tests"}) as log:
        journal = Journal(log)
        journal.intend(intent, order)
        journal.sending(order)
        position = Position(Fill(1, 1, 1.1), Fill(2, 2, 1.2), Outcome.TARGET, 0.1)
        journal.report(OrderReport(intent.intent_id, OrderState.CLOSED, position))
        journal.request(Request(intent.intent_id, "remove", "entry_window"))
    return comment_of(intent.intent_id)


def chain(node: dict[str, Any]) -> list[str]:
    """Kinds along the last branch."""
    below = node.get("made_from", [])
    return [node["kind"], *(chain(below[-1]) if below else [])]


def of_kind(node: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    own = [node] if node["kind"] == kind else []
    return own + [found for below in node.get("made_from", []) for found in of_kind(below, kind)]


BELOW = ["dataset", "day", "gold", "clean", "parquet", "raw"]


def test_an_order_is_followed_to_the_sha256_of_its_raw_bytes(home: Home) -> None:
    told = home.why(home.comment, rehash=True)
    assert chain(told) == ["order", "signal", "bundle", *BELOW]
    assert (told["state"], told["position"]["outcome"]) == ("closed", "target")
    (bundle,) = of_kind(told, "bundle")
    assert [raw["sha256"] for raw in of_kind(bundle, "raw")] == [home.seals[day].sha256 for day in DAYS]
    assert {raw["state"] for raw in of_kind(told, "raw")} == {"read again, the same bytes"}
    assert {snapshot["state"] for snapshot in of_kind(told, "snapshot")} == {"tagged"}
    assert {node["state"] for kind in ("gold", "clean", "parquet") for node in of_kind(told, kind)} == {
        "as frozen"
    }
    runs = {node["dagster_run"] for kind in ("gold", "clean", "parquet") for node in of_kind(told, kind)}
    assert runs == {"run-gold", "run-clean", "run-parquet"}


def test_a_signal_and_a_bundle_begin_further_down(home: Home) -> None:
    assert chain(home.why(home.signal)) == ["signal", "bundle", *BELOW]
    assert chain(home.why(home.bundle)) == ["bundle", *BELOW]
    assert home.why(home.bundle[:8])["name"] == home.bundle


def test_raw_bytes_are_followed_to_datasets_bundles_and_signals(home: Home) -> None:
    told = home.affected_by(f"s3://bucket/lake/{raw_key(DAYS[1])}")
    (dataset,) = told["made_from"]
    assert (dataset["name"], dataset["part"]) == (f"{SYMBOL}/{AS_OF}/v1", "validate")
    (bundle,) = dataset["made_from"]
    assert (bundle["name"], bundle["signals"]) == (home.bundle, sorted([home.signal, home.live_signal]))


def test_what_was_scored_live_on_a_days_quotes_is_told_beside_what_was_made_from_its_file(home: Home) -> None:
    (live,) = home.affected_by(raw_key(LIVE))["made_from"]
    assert (live["kind"], live["name"], live["signals"]) == ("live", home.bundle, [home.live_signal])
    assert "a stream and not this file" in live["scored"]
    dataset, live = home.affected_by(raw_key(DAYS[-1]))["made_from"]
    assert (dataset["kind"], live["kind"], live["signals"]) == ("dataset", "live", [home.signal])
    told = home.why(home.live_signal, rehash=True)
    live, bundle = told["made_from"]
    (raw,) = live["made_from"]
    assert (live["kind"], live["name"], bundle["kind"]) == ("live", str(LIVE), "bundle")
    assert (raw["name"], raw["sha256"]) == (raw_key(LIVE), home.seals[LIVE].sha256)
    assert raw["state"] == "read again, the same bytes"


def test_what_is_not_known_is_one_line(home: Home) -> None:
    with pytest.raises(MissingDataError, match="Nothing is called '0000000000000000'"):
        home.why("0" * 16)
    with pytest.raises(DataError, match="Expected the key of a raw object"):
        home.affected_by("clean/ticks/x")
    assert "made_from" not in home.affected_by(raw_key(LATER, 2))
    console = Console(file=io.StringIO(), width=80)
    affected_by(home.settings, raw_key(LATER, 2), console, as_json=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[7:] == [
        "Nothing was made from it: no dataset holds its bytes, and no journal here a signal of its day."
    ]
    with pytest.raises(MissingDataError, match="was never sealed"):
        home.affected_by(raw_key(replace(DAYS[0], trading_day=date(2024, 1, 5))))


def test_the_tree_holds_the_whole_raw_sha256(home: Home) -> None:
    console = Console(file=io.StringIO(), width=80)
    why(home.settings, home.comment, [], console, rehash=False, as_json=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[6].startswith(f"order {home.comment}")
    assert sum(home.seals[day].sha256 in line for line in lines for day in DAYS) == len(DAYS) + 1, (
        "DAYS[-1] twice"
    )


def told_first(home: Home, name: str) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    why(home.settings, name, [], console, rehash=False, as_json=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[5] == ""
    return list(lines[:5])


def test_an_order_a_signal_and_a_bundle_are_first_told_in_five_lines(home: Home) -> None:
    for name in (home.comment, home.comment.removeprefix("tl-"), home.signal, home.bundle):
        what, origin, raw, verdict, following = told_first(home, name)
        assert f"bundle {home.bundle[:12]} of {SYMBOL} as of {AS_OF}" in what + origin
        span = f"v1, {len(DAYS)} days from 2024-01-15 to 2024-01-17: as the bundle says"
        assert origin.startswith("from     ")
        assert origin.endswith(span)
        assert raw == f"raw      {len(DAYS)} files: there"
        assert verdict == f"verdict  not judged; no version of ticklake-{SYMBOL}"
        assert following == f"next     ticklake dataset show {SYMBOL}/{AS_OF}/v1"
    order = told_first(home, home.comment)[0]
    assert order.startswith(f"what     order {home.comment}: closed, ended at its target; signal {SYMBOL} ")
    assert told_first(home, home.signal)[0].startswith(f"what     signal {SYMBOL} ")
    assert told_first(home, home.bundle)[0] == f"what     bundle {home.bundle[:12]} of {SYMBOL} as of {AS_OF}"


def test_a_day_and_a_file_are_told_alike_upwards(home: Home) -> None:
    day, seal = DAYS[-1], home.seals[DAYS[-1]]
    expected = [
        f"what     raw ticks of {day}, {seal.rows} rows: there",
        f"from     revision {seal.revision}, sha256 {seal.sha256[:12]}",
        "made     1 datasets, 1 bundles; 2 signals of them or of the day",
        "verdict  1 not judged",
        f"next     ticklake why {home.bundle[:12]}; ticklake dataset show {SYMBOL}/{AS_OF}/v1",
    ]
    for name in (day.key, f"{SYMBOL}/{day.trading_day}", raw_key(day)):
        assert told_first(home, name) == expected
    assert told_first(home, LATER.key)[2:] == [
        "made     0 datasets, 0 bundles; 0 signals of them or of the day",
        "verdict  none: no bundle",
        f"next     ticklake status --calendar {SYMBOL}",
    ]
    with pytest.raises(MissingDataError, match=r"EURUSD\|2024-01-05 was never sealed"):
        home.why("EURUSD|2024-01-05")
