"""`deploy/endpoint` leaves the registry saying what the endpoint does."""

from datetime import date

import dagster as dg
import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.defs.deploy.assets import DEPLOY_ENDPOINT, deploy_endpoint
from ticklake_assets.storage.models.versions import ModelVersion
from ticklake_assets_tests.lifecycle.lives import SYMBOL, Life


def deploy(life: Life, version: ModelVersion) -> dict[str, dg.MetadataValue]:
    """Materialize the asset for the version's as-of day; returns its metadata."""
    promotion = life.promotion
    resources = {
        "lake": promotion.lake,
        "signing": promotion.signing,
        "endpoint": promotion.endpoint,
        "models": promotion.models,
    }
    done = dg.materialize([deploy_endpoint], partition_key=f"{SYMBOL}|{version.as_of}", resources=resources)
    (made,) = done.asset_materializations_for_node("deploy__endpoint")
    assert made.asset_key == DEPLOY_ENDPOINT
    return dict(made.metadata)


def test_a_passed_model_is_champion_and_a_rejected_one_the_candidate(life: Life) -> None:
    good = life.version(1, date(2024, 1, 10), "passed")
    told = deploy(life, good)
    assert (told["mode"].value, told["mlflow_model"].value) == ("live", "ticklake-SYNEUR version 1")
    assert life.truth() == ({"champion": 1}, {"live": 1})
    bad = life.version(2, date(2024, 1, 12), "rejected")
    assert deploy(life, bad)["mode"].value == "shadow"
    assert life.truth() == ({"champion": 1, "candidate": 2}, {"live": 1, "shadow": 2})
    better = life.version(3, date(2024, 1, 14), "passed")
    deploy(life, better)
    assert life.truth() == ({"champion": 3, "previous": 1}, {"live": 3, "shadow": 2})
    tags = {version.number: version.tags["verdict"] for version in life.promotion.registry.versions(SYMBOL)}
    assert tags == {1: "passed", 2: "rejected", 3: "passed"}


def test_a_judgement_whose_test_days_were_opened_since_does_not_trade(life: Life) -> None:
    version = life.version(1, date(2024, 1, 10), "passed")
    life.open_test_days(version)
    with pytest.raises(
        BundleError, match=r"The judgement of bundle .* is out of date: .*materialize report/walk"
    ):
        deploy(life, version)
    assert life.truth() == ({"candidate": 1}, {})


def test_a_later_rejection_leaves_what_a_rollback_brings_back(life: Life) -> None:
    day = date(2024, 1, 10)
    first = life.version(1, day, "passed")
    deploy(life, first)
    deploy(life, life.version(2, date(2024, 1, 12), "passed"))
    life.version(1, day, "rejected")  # the chain was judged again, by more openings
    deploy(life, first)
    assert life.promotion.rollback(SYMBOL).number == 1
    assert life.truth()[1] == {"live": 1}
