from __future__ import annotations

from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets_tests.modeling.markets import market, run_fold


def test_the_manifest_says_what_the_fold_was() -> None:
    run = run_fold()
    manifest = run.bundle.manifest
    assert (manifest.symbol, manifest.as_of, manifest.kernel_version) == (
        "SYNEUR",
        run.fold.as_of,
        KERNEL_VERSION,
    )
    windows = manifest.windows
    assert (windows.train.first, windows.train.last) == (run.fold.train[0], run.fold.train[-1])
    assert (windows.validation.first, windows.validation.last) == (
        run.fold.validate[0],
        run.fold.validate[-1],
    )
    assert (windows.test.first, windows.test.last) == (run.fold.test[0], run.fold.test[-1])
    assert manifest.dataset == {"version": "test"}
    assert manifest.parameters == run.trained.report.parameters
    assert manifest.order.costs == market().instrument.costs


def test_models_of_other_folds_have_other_digests() -> None:
    assert run_fold().bundle.digest != run_fold(strength=0.0).bundle.digest
