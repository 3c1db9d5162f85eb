"""Plots of model stages."""

from collections.abc import Sequence

import dagster as dg

from ticklake_assets.defs.images import image
from ticklake_assets.modeling.plots import calibration_png, equity_png
from ticklake_assets.modeling.validation import ValidationReport
from ticklake_assets.modeling.walk_forward import FoldRecord


def calibration_plot(report: ValidationReport) -> dg.MetadataValue:
    """Stated against observed probabilities on the validation days."""
    bins = report.reliability
    return image(
        calibration_png(
            [each.stated for each in bins], [each.observed for each in bins], [each.share for each in bins]
        )
    )


def equity_plot(folds: Sequence[FoldRecord]) -> dg.MetadataValue:
    """Equity and drawdown over the tested days of the folds."""
    days = [day for fold in folds for day in fold.test.days]
    return image(equity_png([day.net_pips for day in days], [day.day for day in days]))
