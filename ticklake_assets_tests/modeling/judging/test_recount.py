"""What is signed for trading is what comes out of the trades, and nobody edits it on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.gates import PASSED
from ticklake_assets.modeling.deployed.signing import read_signed, signed_document
from ticklake_assets.modeling.judging.recount import expect_recounted
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport, judge
from ticklake_assets_tests.modeling.chains import chain_to
from ticklake_assets_tests.modeling.markets import keys, run_fold
from ticklake_assets_tests.serving.deployments import LEDGER

Path = tuple[str | int, ...]
TRADES = ("net", "swap", "slippage", "commission", "markup", "entry", "exit", "entry_us", "exit_us", "side")
DAYS = ("net_pips", "net_pips_double_slippage", "slippage_cost_pips", "swap_cost_pips", "exposure", "signals")
MEASURED = {"parity", "decision_ms"}
"""Gates whose value no trade tells."""


@cache
def report() -> WalkForwardReport:
    return judge(chain_to("d" * 64, date(2024, 1, 13)), 1, 1.0, 5.0, LEDGER)


@cache
def text_of(of: str) -> bytes:
    return {"fold": run_fold().record, "report": report()}[of].canonical()


@cache
def leaves(of: str) -> dict[str, list[Path]]:
    """Where a document has a value, by its field: a list is drawn from as often as a figure."""
    found: dict[str, list[Path]] = {}
    for path in _leaves(json.loads(text_of(of))):
        found.setdefault(".".join("*" if isinstance(step, int) else step for step in path), []).append(path)
    return found


def _leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    parts = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if parts is None:
        yield at
    for name, part in parts or ():
        yield from _leaves(part, (*at, name))


def edited(of: str, at: Path) -> dict[str, Any]:
    """The document with another value there, of the same kind where there is one."""
    content: dict[str, Any] = json.loads(text_of(of))
    holder: Any = content
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = _another(holder[at[-1]])
    return content


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 + abs(value)
    return 0.0 if value is None else f"{value}0"


def canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def test_a_real_judgement_follows_from_its_trades() -> None:
    expect_recounted(report())
    assert report().gates.verdict == PASSED


@settings(max_examples=60)
@given(st.data())
def test_no_field_of_a_signed_file_can_be_edited(data: st.DataObject) -> None:
    of = data.draw(st.sampled_from(["fold", "report"]))
    at = data.draw(
        st.sampled_from(sorted(leaves(of))).flatmap(lambda field: st.sampled_from(leaves(of)[field]))
    )
    kind, text, public = (
        FoldRecord if of == "fold" else WalkForwardReport,
        edited(of, at),
        keys().public_key(),
    )
    own = keys().sign(text_of(of)).hex()
    other = Ed25519PrivateKey.generate().sign(canonical(text)).hex()
    for signature in (own, other):
        with pytest.raises(BundleError, match="signature of the file does not fit"):
            read_signed(kind, canonical({"signature": signature, "signed": text}), "file", public)
    for bare in (canonical(text), canonical({"signature": "", "signed": text})):
        with pytest.raises(BundleError, match="file is not signed"):
            read_signed(kind, bare, "file", public)


def test_what_was_signed_comes_back() -> None:
    for document in (run_fold().record, report()):
        signed = signed_document(document, keys())
        assert read_signed(type(document), signed, "file", keys().public_key()) == document
        assert json.loads(signed)["signed"] == json.loads(document.canonical())


def follows(at: Path) -> bool:
    """Whether the value is one that trades, draws and counts imply: what no trade tells is the signature's alone."""
    if at[0] == "gates" and len(at) > 2 and at[1] == "rows":
        return at[3] != "value" or report().gates.rows[int(at[2])].name not in MEASURED
    if at[0] != "folds":
        return at[0] != "ledger"
    if at[2:4] != ("test", "days"):
        return at[2:] == ("test", "drawdown_pips")
    return at[5] in DAYS or (at[5] == "trades" and at[7] in TRADES)


@settings(max_examples=40)
@given(st.data())
def test_even_who_has_the_key_signs_for_trading_only_what_follows(data: st.DataObject) -> None:
    fields = {
        field: kept
        for field, paths in leaves("report").items()
        if (kept := [at for at in paths if follows(at)])
    }
    at = data.draw(st.sampled_from(sorted(fields)).flatmap(lambda field: st.sampled_from(fields[field])))
    with pytest.raises(BundleError):
        expect_recounted(read_document(WalkForwardReport, canonical(edited("report", at)), "report"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda r: r["gates"].update(verdict="rejected"),
            "at gates.verdict. Expected 'passed', was 'rejected'",
        ),
        (
            lambda r: r["folds"][0]["test"]["days"][1].update(net_pips=99.0),
            "2024-01-08.net_pips. Expected .* was 99.0",
        ),
        (lambda r: r["benchmarks"][0].update(at_least_as_well=0.5), r"at benchmarks\[0\].at_least_as_well"),
        (lambda r: r.update(drawdown_pips=0.0), "at drawdown_pips"),
        (lambda r: r["ledger"].update(here=40), "at openings. Expected 40, was 5"),
        (lambda r: r["folds"][2]["test"]["days"][0]["trades"].pop(), "signals|trades"),
        (lambda r: r["folds"][0]["test"]["costs"].update(markup_pips=1.0), "orderly|cost"),
    ],
    ids=["verdict", "day", "share", "drawdown", "openings", "trade", "costs"],
)
def test_the_first_figure_that_does_not_follow_is_named(change: Callable[[Any], object], said: str) -> None:
    content = report().model_dump(mode="json")
    change(content)
    with pytest.raises(BundleError, match=f"does not follow from its trades.*(?:{said})"):
        expect_recounted(WalkForwardReport.model_validate_json(canonical(content)))
