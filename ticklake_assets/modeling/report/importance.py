"""The rows of what features were worth on test days, pooled over a chain's folds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from ticklake_assets.modeling.judging.importance import Importance
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.modeling.report.tables import Row

MOST_SHOWN = 15


def importance_rows(folds: Sequence[FoldRecord], count: int = MOST_SHOWN) -> list[Row]:
    """The features that were worth most on test days, beside their share of the gain on train days."""
    names = [name for (name,) in (each.features for each in folds[0].test.importance.alone)]
    tested = {name: [fold.test.importance.alone[at] for fold in folds] for at, name in enumerate(names)}
    best = sorted(names, key=lambda name: -_rise(tested[name]))[:count]
    return [
        {
            "feature": name,
            "rise": f"{_rise(tested[name]):+.4f}",
            "spread": f"{fmean(each.spread for each in tested[name]):.4f}",
            "helped": _of(sum(each.loss_rise > 0 for each in tested[name]), folds),
            "gain": f"{fmean(fold.training.importance.get(name, 0.0) for fold in folds):.1%}",
            "moves_with": ", ".join(_partners(name, folds)) or "–",
        }
        for name in best
    ]


def together_rows(folds: Sequence[FoldRecord]) -> list[Row]:
    """Groups of features that were correlated on test days, shuffled as one, the most important first."""
    found: dict[tuple[str, ...], list[Importance]] = {}
    for each in (each for fold in folds for each in fold.test.importance.together):
        found.setdefault(each.features, []).append(each)
    return [
        {
            "features": ", ".join(group),
            "rise": f"{_rise(measured):+.4f}",
            "spread": f"{fmean(each.spread for each in measured):.4f}",
            "found": _of(len(measured), folds),
        }
        for group, measured in sorted(found.items(), key=lambda item: -_rise(item[1]))
    ]


def _partners(name: str, folds: Sequence[FoldRecord]) -> list[str]:
    groups = [each.features for fold in folds for each in fold.test.importance.together]
    return sorted({other for group in groups if name in group for other in group} - {name})


def _rise(measured: Sequence[Importance]) -> float:
    return fmean(each.loss_rise for each in measured)


def _of(count: int, folds: Sequence[FoldRecord]) -> str:
    return f"{count} of {len(folds)}"
