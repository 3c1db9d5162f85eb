"""The plots of `dvc plots`: numbers of one fold as files that DVC draws and compares between revisions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.modeling.trading.simulation import equity, falls


def plot_files(fold: FoldRecord) -> dict[str, bytes]:
    """File name -> content: `calibration.json`, `equity.csv`, `trials.csv`; the columns are named in dvc.yaml."""
    bins = [
        {"stated": each.stated, "observed": each.observed, "rows": each.rows}
        for each in fold.validation.reliability
    ]
    losses = [trial.loss for trial in fold.training.trials]
    trials = zip(
        (trial.number for trial in fold.training.trials), losses, accumulate(losses, min), strict=True
    )
    return {
        "calibration.json": (json.dumps(bins, indent=1) + "\n").encode(),
        "equity.csv": _csv(["closed", "net_pips", "drawdown_pips"], _equity(fold)),
        "trials.csv": _csv(["trial", "loss", "best_loss"], trials),
    }


def _equity(fold: FoldRecord) -> Iterable[Sequence[object]]:
    """A row a closed trade: its time, the net profit so far, and the fall since the best moment, in pips."""
    trades = [trade for day in fold.test.days for trade in day.trades]
    pip = instrument_of(fold.test.symbol).pip
    nets, deepest = equity(trades)[1::2] / pip, falls(trades)[::2] / pip
    for trade, net, fall in zip(trades, nets.tolist(), deepest.tolist(), strict=True):
        closed = datetime.fromtimestamp(trade.exit_us / 1_000_000, UTC)
        yield f"{closed:%Y-%m-%dT%H:%M:%S}", net, fall


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
