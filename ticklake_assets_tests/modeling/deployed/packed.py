"""The signed bundle of the small market's fold."""

from __future__ import annotations

from ticklake_assets.modeling.fitting.packing import pack
from ticklake_assets_tests.modeling.markets import keys, market, run_fold, validation_days


def packed() -> bytes:
    run = run_fold()
    seen = validation_days(market(), run.fold)
    return pack(run.trained, run.validated, run.fold, market().instrument, {"version": "test"}, keys(), seen)
