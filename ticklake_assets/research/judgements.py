"""Tested folds and judged chains as they lie in the lake: their signature is verified before anything is read."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import expect_fit
from ticklake_assets.modeling.deployed.signing import read_signed
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle


def read_fold(files: ModelFiles, as_of: SymbolDay, key: Ed25519PublicKey) -> FoldRecord:
    """The tested fold of an as-of day, as it was signed.

    Raises:
        MissingDataError: there is none.
        BundleError: it was edited, or is the fold of another day.
    """
    what = f"test of {as_of}"
    fold = read_signed(FoldRecord, files.get("tested", as_of), what, key)
    expect_fit(f"as-of day of the {what}", as_of, SymbolDay(fold.test.symbol, fold.as_of))
    return fold


def read_walk_forward(files: ModelFiles, as_of: SymbolDay, key: Ed25519PublicKey) -> WalkForwardReport:
    """The judged chain of an as-of day, as it was signed; raises as `read_fold` does."""
    what = f"walk-forward of {as_of}"
    report = read_signed(WalkForwardReport, files.get("walk_forward", as_of), what, key)
    expect_fit(f"as-of day of the {what}", as_of, SymbolDay(report.symbol, report.as_of))
    return report


def read_judged(files: ModelFiles, bundle: SymbolBundle, key: Ed25519PublicKey) -> WalkForwardReport:
    """The last judgement of a bundle, as it was signed; raises as `read_fold` does."""
    what = f"judgement of {bundle}"
    report = read_signed(WalkForwardReport, files.get("judged", bundle), what, key)
    expect_fit(f"bundle of the {what}", bundle, SymbolBundle(report.symbol, report.folds[-1].test.bundle))
    return report


def judgement_of(files: ModelFiles, bundle: SymbolBundle, key: Ed25519PublicKey) -> WalkForwardReport | None:
    """The last judgement of a bundle; None where no walk-forward ended with it. An edited one is a BundleError."""
    try:
        return read_judged(files, bundle, key)
    except MissingDataError:
        return None
