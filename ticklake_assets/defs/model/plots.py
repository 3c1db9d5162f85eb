"""Plots of model stages."""

from collections.abc import Sequence

import dagster as dg

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.defs.metadata import image
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.modeling.report.plots import calibration_png, equity_png


def calibration_plot(report: ValidationReport) -> dg.MetadataValue:
    """Stated against observed probabilities on the validation days."""
    bins = report.reliability
    return image(
        calibration_png(
            [each.stated for each in bins], [each.observed for each in bins], [each.share for each in bins]
        )
    )


def equity_plot(folds: Sequence[FoldRecord]) -> dg.MetadataValue:
    """Equity and drawdown over the trades of the folds' tested days."""
    trades = [trade for fold in folds for day in fold.test.days for trade in day.trades]
    return image(equity_png(trades, instrument_of(folds[0].test.symbol).pip))
