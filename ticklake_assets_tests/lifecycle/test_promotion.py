"""A life of versions with a real endpoint, a real registry and real gate records: one truth after each step."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from serving.endpoint.models.in_service import InService
from ticklake_assets.core.errors import BundleError, ImmutabilityError, MissingDataError, TransientError
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets_tests.lifecycle.lives import SYMBOL, Life
from ticklake_assets_tests.serving.deployments import make_deployment


def test_promotions_and_a_rollback_keep_registry_and_endpoint_one(life: Life) -> None:
    first = life.version(1, date(2024, 1, 10), "passed")
    second = life.version(2, date(2024, 1, 12), "passed")
    assert life.truth() == ({"candidate": 2}, {})
    life.promotion.promote(first)
    assert life.truth() == ({"champion": 1, "candidate": 2}, {"live": 1})
    life.promotion.promote(second)
    assert life.truth() == ({"champion": 2, "previous": 1}, {"live": 2})
    assert life.promotion.rollback(SYMBOL).number == 1, "older than what is live, and live again"
    assert life.truth() == ({"champion": 1, "previous": 2}, {"live": 1})
    life.promotion.rollback(SYMBOL)
    assert life.truth() == ({"champion": 2, "previous": 1}, {"live": 2})


def test_what_the_gates_refused_or_never_saw_is_not_promoted(life: Life) -> None:
    rejected = life.version(1, date(2024, 1, 10), "rejected")
    unseen = life.version(2, date(2024, 1, 12), None)
    refused = r"The gates refused version 1 .*parity is 0, expected >= 1.*Expected passed, was rejected"
    with pytest.raises(BundleError, match=refused):
        life.promotion.promote(rejected)
    unjudged = r"No walk-forward ended with version 2.*materialize report/walk_forward"
    with pytest.raises(MissingDataError, match=unjudged):
        life.promotion.promote(unseen)
    assert life.truth() == ({"candidate": 2}, {})


def test_variants_of_a_day_are_judged_promoted_and_rolled_back_each_by_itself(life: Life) -> None:
    day = date(2024, 1, 10)
    first, refused = life.version(1, day, "passed"), life.version(2, day, "rejected")
    life.promotion.promote(first)
    life.promotion.promote(life.version(3, day, "passed"))  # the day was trained and judged again
    verdicts = [gates.verdict for v in (first, refused) if (gates := life.promotion.gates(v))]
    assert verdicts == ["passed", "rejected"]
    assert life.promotion.rollback(SYMBOL).number == 1
    assert life.truth() == ({"champion": 1, "previous": 3}, {"live": 1})


def test_a_judgement_does_not_count_once_its_test_days_were_opened_more_often(life: Life) -> None:
    version = life.version(1, date(2024, 1, 10), "passed")
    life.open_test_days(version)
    with pytest.raises(BundleError, match=r"is out of date: .*Expected at most 5 .*, was 6: test"):
        life.promotion.promote(version)
    assert life.truth() == ({"candidate": 1}, {})


def served_file(life: Life) -> bytes:
    """The deployment that the endpoint trades, as it lies on its disk."""
    folder = life.endpoint.settings.endpoint_home / "models" / SYMBOL
    champion = InService.model_validate_json((folder / "service.json").read_bytes()).champion
    assert champion is not None
    return (folder / f"{champion.file}.zip").read_bytes()


def test_the_champion_is_served_again_whatever_was_opened_since(life: Life) -> None:
    """The very file that it had: a lost endpoint is set right, and so is one that another process left ahead."""
    first, _ = (life.version(n, date(2024, 1, 10 + n), "passed") for n in (1, 2))
    life.promotion.promote(first)
    served = served_file(life)
    life.open_test_days(first)
    keys = life.endpoint.settings.keys_dir
    life.promotion.endpoint.calls.push(make_deployment(keys, SYMBOL, seed=2, as_of=date(2024, 1, 12)))
    assert life.truth() == ({"champion": 1, "candidate": 2}, {"live": 2})
    champion = life.promotion.registry.find(SYMBOL, "champion")
    assert life.promotion.promote(champion).number == 1
    assert life.truth() == ({"champion": 1, "candidate": 2}, {"live": 1})
    assert served_file(life) == served


def test_a_champion_that_the_gates_refused_since_is_not_served_again(life: Life) -> None:
    day = date(2024, 1, 10)
    life.promotion.promote(life.version(1, day, "passed"))
    champion = life.version(1, day, "rejected")  # the same bundle, judged again
    assert champion.aliases == ("champion",)
    with pytest.raises(BundleError, match="The gates refused version 1"):
        life.promotion.promote(champion)


def test_a_judgement_that_was_edited_signed_by_others_or_not_computed_never_trades(life: Life) -> None:
    day = date(2024, 1, 10)
    version = life.version(1, day, "rejected")
    passed = life.judged(version.bundle, day, parity=1.0)
    life.keep(passed, Ed25519PrivateKey.generate())
    with pytest.raises(BundleError, match=r"signature of the judgement of SYNEUR.* does not fit"):
        life.promotion.promote(version)
    life.keep(passed.model_copy(update={"net_pips": passed.net_pips + 1}))
    with pytest.raises(
        BundleError, match=r"judgement of SYNEUR.* does not follow from its trades at net_pips\."
    ):
        life.promotion.promote(version)
    files = ModelFiles(life.promotion.lake.store)
    files.put("judged", SymbolBundle(SYMBOL, version.bundle), passed.canonical())
    with pytest.raises(BundleError, match="is not signed"):
        life.promotion.promote(version)
    other = life.version(2, day, "passed")
    files.put(
        "judged",
        SymbolBundle(SYMBOL, version.bundle),
        files.get("judged", SymbolBundle(SYMBOL, other.bundle)),
    )
    with pytest.raises(BundleError, match=r"bundle of the judgement of SYNEUR.* does not fit"):
        life.promotion.promote(version)
    assert life.truth()[1] == {}


def test_a_ledger_that_was_cut_or_begun_anew_ends_promotions(life: Life) -> None:
    version = life.version(1, date(2024, 1, 10), "passed")
    ledger = Path(life.promotion.lake.store.uri("ledger"))
    last = max((ledger / "chain").iterdir())
    kept = last.read_bytes()
    last.unlink()
    with pytest.raises(ImmutabilityError, match=r"was cut or begun anew: .*ledger_heads.json knows entry 2"):
        life.promotion.promote(version)
    last.write_bytes(kept)
    shutil.rmtree(ledger)
    with pytest.raises(
        ImmutabilityError, match=r"begun anew: the judgement of bundle .* knows entry 2. .* was 0"
    ):
        life.promotion.promote(version)
    assert life.truth()[1] == {}


def test_a_search_in_other_symbols_ends_a_judgement_that_did_not_count_it(life: Life) -> None:
    version = life.version(1, date(2024, 1, 10), "passed")
    for symbol in ("EURUSD", "GBPUSD", "AUDUSD", "NZDUSD", "USDCAD"):
        life.ledger.record_chain(symbol, [date(2024, 1, day) for day in range(2, 8)], "chain")
    with pytest.raises(BundleError, match=r"is the best of more trials by now. Expected at most 5 .*, was 6"):
        life.promotion.promote(version)


def test_an_endpoint_that_is_not_there_or_refuses_moves_nothing(life: Life) -> None:
    first, second = (life.version(n, date(2024, 1, 10 + n), "passed") for n in (1, 2))
    life.promotion.promote(second)
    with pytest.raises(BundleError, match="older than the live one"):
        life.promotion.promote(first)
    away = Promotion(
        life.promotion.lake,
        life.promotion.models,
        life.promotion.signing,
        EndpointClient(url="http://127.0.0.1:9", keys_dir=str(life.endpoint.settings.keys_dir)),
    )
    with pytest.raises(TransientError, match="doesn't answer"):
        away.promote(first)
    assert life.truth() == ({"champion": 2}, {"live": 2})
    kept = list(life.promotion.lake.store.list(f"models/deployed/{SYMBOL}/"))
    assert [each.key.rsplit("/")[-1] for each in kept] == [second.bundle], "which alone was ever in service"


def test_without_a_previous_champion_there_is_no_way_back(life: Life) -> None:
    life.promotion.promote(life.version(1, date(2024, 1, 10), "passed"))
    with pytest.raises(MissingDataError, match="no previous champion"):
        life.promotion.rollback(SYMBOL)


def test_every_gate_is_in_the_record_that_is_judged(life: Life) -> None:
    report = life.promotion.gates(life.version(1, date(2024, 1, 10), "passed"))
    assert report is not None
    assert [row.name for row in report.rows] == [gate.name for gate in GATES]
    assert evaluate({row.name: row.value for row in report.rows}).verdict == "passed"
