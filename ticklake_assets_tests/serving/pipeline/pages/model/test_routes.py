"""The model pages as a browser gets them."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from serving.pipeline.sources.models import Models
from ticklake_assets_tests.lifecycle.lives import SYMBOL
from ticklake_assets_tests.serving.pipeline.pages.model.conftest import Known

ALL = ("", "/plots", "/trades", "/promote", "/links")


def test_the_list_has_every_version_with_its_verdict_and_the_endpoint_s_word(
    page: TestClient, known: Known
) -> None:
    assert "hx-get" in page.get("/models").text, "the table comes after the first paint"
    text = page.get("/models/rows").text
    for version in known[1:]:
        assert f'href="/models/{SYMBOL}/{version.number}"' in text
    for word in ("passed", "rejected", "not judged", "candidate"):
        assert word in text
    assert "problem" not in text


def test_a_version_tells_gates_card_and_days(page: TestClient, known: Known) -> None:
    text = page.get(f"/models/{SYMBOL}/{known.rejected.number}").text
    assert "This chain may not trade: 1 of its 18 gates refuse it" in text
    assert text.index(">parity<") < text.index(">trading folds<"), "what refuses comes first"
    assert "What it is for" in text
    assert "Why it can&#39;t be promoted" in text or "Why it can't be promoted" in text


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("which", ["passed", "rejected", "unseen"])
def test_every_page_of_every_version_is_there(
    page: TestClient, known: Known, which: str, ending: str
) -> None:
    version = getattr(known, which)
    assert page.get(f"/models/{SYMBOL}/{version.number}{ending}").status_code == 200
    assert page.get(f"/models/{SYMBOL}/{version.bundle[:12]}{ending}").status_code == 200


def test_no_page_has_what_the_policy_forbids(page: TestClient, known: Known) -> None:
    for ending in ALL:
        text = page.get(f"/models/{SYMBOL}/{known.passed.number}{ending}").text
        assert " style=" not in text
        assert "javascript:" not in text
        assert "<script>" not in text


def test_plots_have_a_name_and_a_table(page: TestClient, known: Known) -> None:
    text = page.get(f"/models/{SYMBOL}/{known.passed.number}/plots").text
    assert text.count("data-marks") == text.count("As a table") == 9
    assert text.count('role="img" aria-label=') >= 9


def test_the_equity_is_that_of_the_judgement(page: TestClient, known: Known, models: Models) -> None:
    figures = page.get(f"/api/v1/models/{SYMBOL}/{known.passed.number}/equity").json()
    report = models.judgement(known.passed)
    assert report is not None
    at, net, below = figures["columns"]
    assert len(at) == len(net) == len(below) == report.trades
    assert net[-1] == pytest.approx(report.net_pips, abs=1e-3)
    assert min(below) == pytest.approx(-report.drawdown_pips, abs=1e-3)
    assert at == sorted(at)
    assert len(figures["marks"]) == 3


def test_trades_are_filtered_paged_and_given_as_a_file(page: TestClient, known: Known) -> None:
    here = f"/models/{SYMBOL}/{known.passed.number}/trades"
    shown = page.get(here, params={"side": "long", "sort": "net_pips", "down": "1"})
    assert "<option selected>long</option>" in shown.text
    assert "page 1 of" in shown.text
    assert "page=2" in shown.text
    given = page.get(f"{here}.csv", params={"side": "long"})
    assert given.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(given.text)))
    assert {row["side"] for row in rows} == {"long"}
    assert f"{len(rows)} of" in shown.text
    refused = page.get(here, params={"least": "much"})
    assert refused.status_code == 200
    assert "Expected a number of pips" in refused.text


def test_a_trade_without_its_ticks_says_so_and_keeps_its_page(page: TestClient, known: Known) -> None:
    text = page.get(f"/models/{SYMBOL}/{known.passed.number}/trades").text
    address = text.split(f'href="/models/{SYMBOL}/{known.passed.number}/trades/')[1].split('"')[0]
    here = f"/models/{SYMBOL}/{known.passed.number}/trades/{address}"
    assert "Why it was asked for" in page.get(here).text
    assert 'class="problem"' in page.get(f"{here}/quotes").text, "this lake has no ticks"
    assert page.get(f"/api/v1{here}").status_code == 404
    assert page.get(f"/models/{SYMBOL}/{known.passed.number}/trades/1").status_code == 404


def test_two_versions_stand_side_by_side(page: TestClient, known: Known) -> None:
    text = page.get(
        f"/models/{SYMBOL}/compare", params={"a": known.passed.number, "b": known.rejected.number}
    ).text
    assert "differs" in text
    assert known.passed.bundle[:12] in text
    assert known.rejected.bundle[:12] in text
    assert "Choose two versions" in page.get(f"/models/{SYMBOL}/compare").text, "there is no champion yet"


def test_the_ledger_tells_what_was_tried_and_the_looks_that_are_left(page: TestClient) -> None:
    text = page.get(f"/models/{SYMBOL}/trials").text
    assert "chains judged" in text
    assert "problem" not in text
    assert "Nothing was tried on EURUSD yet" in page.get("/models/EURUSD/trials").text


def test_a_ledger_that_was_tampered_with_is_not_shown(page: TestClient, known: Known) -> None:
    store = known.life.promotion.lake.store
    key = "ledger/chain/00000001.json"
    entry = store.get(key)
    try:
        store.put(key, entry.replace(b"began", b"begun"))
        text = page.get(f"/models/{SYMBOL}/trials").text
    finally:
        store.put(key, entry)
    assert "The ledger is broken" in text
    assert "chains judged" not in text


def test_an_unknown_version_names_those_that_there_are(page: TestClient) -> None:
    answer = page.get(f"/models/{SYMBOL}/99")
    assert answer.status_code == 404
    assert "candidate" in answer.text
    assert "No model of EURUSD yet" in page.get("/models/rows?symbol=EURUSD").text


def test_without_an_endpoint_the_rest_of_the_page_works(page: TestClient, known: Known) -> None:
    state = page.app.state.sources  # type: ignore[attr-defined]
    state.endpoint = replace(state.endpoint, url="http://127.0.0.1:1")
    text = page.get("/models/rows").text
    assert "The live endpoint at http://127.0.0.1:1 does not answer" in text
    assert f'href="/models/{SYMBOL}/{known.passed.number}"' in text
    assert (
        "Without it nothing can be changed"
        in page.get(f"/models/{SYMBOL}/{known.passed.number}/promote").text
    )


def test_the_pages_load_neither_dagster_nor_spark_nor_mlflow() -> None:
    code = (
        "import sys, serving.pipeline.app, serving.pipeline.sources.models as m; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'dagster', 'pyspark', 'mlflow', 'xgboost'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
