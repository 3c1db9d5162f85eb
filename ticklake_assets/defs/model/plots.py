"""Charts of model stages, as Dagster's UI shows them at once."""

from collections.abc import Sequence

import dagster as dg

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.modeling.report.sketch import calibration_sketch, equity_sketch


def calibration_plot(report: ValidationReport) -> dg.MetadataValue:
    """Stated against observed probabilities on the validation days."""
    bins = report.reliability
    return dg.MetadataValue.md(
        calibration_sketch([each.stated for each in bins], [each.observed for each in bins])
    )


def equity_plot(folds: Sequence[FoldRecord]) -> dg.MetadataValue:
    """Equity and drawdown over the trades of the folds' tested days."""
    trades = [trade for fold in folds for day in fold.test.days for trade in day.trades]
    return dg.MetadataValue.md(equity_sketch(trades, instrument_of(folds[0].test.symbol).pip))
