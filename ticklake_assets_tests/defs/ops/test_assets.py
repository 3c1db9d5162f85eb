"""`ops/journal`, `ops/parity` and `ops/attribution` of a day that a real endpoint was streamed in disorder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest

from mt5_bridge.attribution.documents import AccountTerms, BridgeDay, Quotes, Wanted, record_name
from mt5_bridge.attribution.table import trade_by_table
from mt5_bridge.attribution.waterfall import Attribution
from mt5_bridge.wire.contract import Signal
from ticklake_assets.core import rule_kernel
from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.errors import DataError, ImmutabilityError, MissingDataError, TransientError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.ops.assets import ops_attribution, ops_journal, ops_parity
from ticklake_assets.journal.reading import read_day
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.resources.bridge_records import BridgeRecords
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets_tests.lifecycle.landed_gold import bring_to_gold
from ticklake_assets_tests.mt5_bridge.attribution.days import Causes, make_real
from ticklake_assets_tests.mt5_bridge.served_facts import facts_of
from ticklake_assets_tests.serving.deployments import make_bundle, make_deployment
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint
from ticklake_assets_tests.serving.streamed_day import Disorder, disorder, seal, stream

NEXT = DAY.shifted(1)


@dataclass(frozen=True)
class Desk:
    endpoint: RunningEndpoint
    recorded: RecordedDay
    sent: Disorder

    @property
    def settings(self) -> Settings:
        changed = {"endpoint_url": self.endpoint.url, "bridge_records": self.records}
        return self.endpoint.settings.model_copy(update=changed)

    @property
    def records(self) -> Path:
        return self.endpoint.settings.home / "records"

    @property
    def lake(self) -> Lake:
        return Lake.from_settings(self.settings)

    def make(
        self, asset: dg.AssetsDefinition, day: SymbolDay = DAY
    ) -> tuple[dict[str, Any], dict[str, bool | None]]:
        """Materialize; returns the metadata's values, and whether each check passed."""
        resources = {
            "lake": self.lake,
            "endpoint": EndpointClient.from_settings(self.settings),
            "gold": Gold.from_settings(self.settings),
            "signing": Signing.from_settings(self.settings),
            "bridge_records": BridgeRecords.from_settings(self.settings),
        }
        done = dg.materialize([asset], partition_key=day.key, resources=resources)
        (made,) = done.asset_materializations_for_node(asset.key.to_python_identifier())
        checks = {each.check_name: each.passed for each in done.get_asset_check_evaluations()}
        return {name: value.value for name, value in made.metadata.items()}, checks


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("home")
    recorded = record_day(tmp_path_factory.mktemp("landing"))
    with running_endpoint(home) as endpoint:
        keys = endpoint.settings.keys_dir
        assert endpoint.push(make_deployment(keys, DAY.symbol)).status_code == 201
        sent = disorder(DAY, recorded.columns())
        desk = Desk(endpoint, recorded, sent)
        bundle = make_bundle(keys, DAY.symbol)
        digest = open_bundle(bundle, Signing(keys_dir=str(keys)).public).digest
        put_bundle(desk.lake.store, DAY.symbol, digest, bundle)
        bring_to_gold(desk.settings, DAY, recorded.csv.read_bytes())
        stream(endpoint, DAY, sent.ticks)
        with pytest.raises(MissingDataError, match=r"is not sealed\. Expected a closed day, .*an hour after"):
            desk.make(ops_journal)
        assert seal(endpoint, DAY).json() == {"sealed": True}
        yield desk


@pytest.fixture(scope="module")
def journaled(desk: Desk) -> dict[str, Any]:
    return desk.make(ops_journal)[0]


def test_a_sealed_day_comes_into_the_lake_byte_for_byte(desk: Desk, journaled: dict[str, Any]) -> None:
    content = desk.endpoint.get(f"/v1/journal/{DAY.symbol}/{DAY.trading_day}").content
    assert desk.lake.store.get(journal_key(DAY)) == content
    assert journaled["ticks"]["late"] == desk.sent.late
    assert sum(journaled["ticks"].values()) == len(desk.sent.ticks.ts_us)
    assert sum(journaled["signals"].values()) == journaled["events"] > 20
    assert (journaled["complete"], journaled["bytes"]) == (True, len(content))
    assert desk.make(ops_journal)[0]["sha256"] == journaled["sha256"]


def test_what_was_served_comes_out_again_and_the_vendors_day_differs_by_what_is_listed(
    desk: Desk, journaled: dict[str, Any]
) -> None:
    told, checks = desk.make(ops_parity)
    assert checks == {"served_is_recomputed_to_the_bit": True, "vendor_differences_are_explained": True}
    assert (told["parity_share"], told["events"]) == (1.0, journaled["events"])
    assert told["signals"] == told["events"]
    vendor = told["vendor"]
    assert (vendor["missing"], vendor["only_live"]) == (desk.sent.lost, desk.sent.own)
    assert vendor["not_kept"]["late"] == desk.sent.late
    assert vendor["quotes"] == vendor["matched"] + vendor["missing"] + sum(vendor["not_kept"].values())
    assert vendor["equal_events"] > 10
    assert vendor["other_events"] + vendor["only_live_events"] + vendor["only_gold_events"] > 0
    assert vendor["unexplained"] == 0
    assert "never streamed" in told["report"]
    assert Path(told["path"]).read_text() == told["report"]
    assert (
        json.loads(Path(told["path"]).with_suffix(".json").read_text())["vendor"]["missing"] == desk.sent.lost
    )


def test_a_bundle_that_the_lake_has_not_is_an_alarm(desk: Desk, journaled: dict[str, Any]) -> None:
    stored = desk.lake.store.get(f"bundles/{DAY.symbol}/{journaled['bundles']}.zip")
    desk.lake.store.delete(f"bundles/{DAY.symbol}/{journaled['bundles']}.zip")
    try:
        told, checks = desk.make(ops_parity)
    finally:
        desk.lake.store.put(f"bundles/{DAY.symbol}/{journaled['bundles']}.zip", stored)
    assert not checks["served_is_recomputed_to_the_bit"]
    assert told["parity_share"] < 1
    assert told["differing"] == {"bundle": told["events"]}
    assert "is not stored" in told["report"]


def test_a_day_without_a_stream_is_said_and_so_is_an_endpoint_that_is_away(desk: Desk) -> None:
    with pytest.raises(MissingDataError, match=rf"{NEXT.symbol}\|{NEXT.trading_day}: .* has no journal"):
        desk.make(ops_journal, NEXT)
    with pytest.raises(MissingDataError, match="materialize ops/journal"):
        desk.make(ops_parity, NEXT)
    nowhere = replace(desk.endpoint, url="http://127.0.0.1:9")
    with pytest.raises(TransientError, match="doesn't answer"):
        replace(desk, endpoint=nowhere).make(ops_journal)


@pytest.mark.usefixtures("journaled")
def test_other_bytes_for_a_sealed_day_are_an_alarm_and_are_kept(desk: Desk) -> None:
    before = desk.lake.store.get(journal_key(DAY))
    stream(desk.endpoint, DAY, desk.recorded.columns(0, 100))
    seal(desk.endpoint, DAY)
    with pytest.raises(
        ImmutabilityError, match=r"is another journal\. Expected sha256 .*kept as quarantine/journal/"
    ):
        desk.make(ops_journal)
    assert desk.lake.store.get(journal_key(DAY)) == before
    (kept,) = desk.lake.store.list("quarantine/journal/")
    assert kept.size == len(desk.endpoint.get(f"/v1/journal/{DAY.symbol}/{DAY.trading_day}").content)


def _account_day(desk: Desk) -> tuple[BridgeDay, int]:
    """What a bridge would have recorded that heard all but one of the served signals; and the wanted ones."""
    content = desk.lake.store.get(journal_key(DAY))
    whole = WholeDay.of(read_day(DAY, content, "journal"))
    kept = whole.ticks.at(np.flatnonzero(whole.codes == rule_kernel.KEPT))
    quotes = Quotes(kept.ts_us.tolist(), kept.bid.tolist(), kept.ask.tolist())
    signals = [Wanted.of(Signal.model_validate(signals[0])) for signals in whole.signals]
    served = [each for each in signals if each is not None]
    gone = trade_by_table(quotes, served)[0].key
    instrument = instrument_of(DAY.symbol)
    size = {
        "lots": Decimal(str(instrument.costs.account.lots)),
        "units": Decimal(str(instrument.costs.account.units)),
    }
    terms = AccountTerms(currency="EUR", rate=Decimal(1), **size)
    real = make_real(quotes, served, Causes(unheard=[gone], slippage_points=2), facts_of(instrument), terms)
    return real, len(served)


@pytest.mark.usefixtures("journaled")
def test_a_traded_day_is_explained_to_the_cent(desk: Desk) -> None:
    with pytest.raises(
        MissingDataError, match=r"Expected the bridge's record .*no such file: `ticklake-bridge day"
    ):
        desk.make(ops_attribution)
    record, served = _account_day(desk)
    desk.records.mkdir(exist_ok=True)
    path = desk.records / record_name(DAY.symbol, DAY.trading_day)
    path.write_text(record.model_dump_json())
    told, checks = desk.make(ops_attribution)
    assert checks == {"steps_sum_to_the_account_to_the_cent": True, "every_difference_has_its_step": True}
    assert len(record.heard) == served - 1
    assert {"downtime", "slippage"} <= set(told["steps"]) <= {"data", "signals", "downtime", "slippage"}
    booked = [each.position.booked.money for each in record.heard if each.position and each.position.booked]
    assert told["account"] == float(sum(booked))
    assert told["unexplained"] == 0
    stored = Attribution.model_validate_json(Path(told["path"]).with_suffix(".json").read_text())
    assert float(stored.tested) == told["tested"]
    page = Path(told["path"]).read_text()
    assert "<svg" in page
    assert "downtime" in page
    path.write_text(record.model_copy(update={"symbol": "SYNJPY"}).model_dump_json())
    with pytest.raises(DataError, match="one symbol and day"):
        desk.make(ops_attribution)
    path.write_text("{}")
    with pytest.raises(DataError, match="Expected a bridge's record of a day"):
        desk.make(ops_attribution)
