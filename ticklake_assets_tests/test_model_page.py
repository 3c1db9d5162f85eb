"""`docs/model.md` states the formulas with the numbers that the code has: who reads it can write the model again."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from ticklake_assets.core import feature_kernel as kernel
from ticklake_assets.core.labels import (
    CHEAP_SPREAD_SIGMAS,
    LONG_HORIZON_MIN,
    SHORT_HORIZON_MIN,
    WIDTH_SIGMAS,
    WIDTH_SPREADS,
)
from ticklake_assets.core.orders import DAY_END_MARGIN_US
from ticklake_assets.modeling.deployed import anomaly, feed_rules
from ticklake_assets.modeling.deployed.gates import GATES, Gate
from ticklake_assets.modeling.fitting.pattern import BINS, MIN_CHILD_WEIGHT, TREES, PatternParameters
from ticklake_assets.modeling.fitting.thresholds import LEAST_TRADES_A_DAY, QUANTILES
from ticklake_assets.modeling.fitting.validation import ANOMALY_QUANTILE
from ticklake_assets.modeling.judging.benchmarks import DRAWS
from ticklake_assets.modeling.judging.importance import CORRELATED, MOST_EVENTS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "model.md"


def words() -> str:
    """The page on one line."""
    return " ".join(PAGE.read_text().split())


def cells(heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    body = re.search(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    assert body is not None
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in body.group(1).splitlines()]


def limits(gate: Gate) -> dict[str, float]:
    named = {">=": gate.at_least, ">": gate.above, "<=": gate.at_most}
    return {sign: limit for sign, limit in named.items() if limit is not None}


def test_every_gate_is_there_in_its_order_with_its_limits_and_its_role() -> None:
    told = cells("gate")
    assert [name.strip("`") for name, _, _ in told] == [gate.name for gate in GATES]
    for gate, (_, _, passes) in zip(GATES, told, strict=True):
        said = {sign: float(Fraction(limit)) for sign, limit in re.findall(r"(>=|<=|>) ([\d./]+)", passes)}
        assert said == limits(gate), gate.name
        assert ("too little evidence" in passes) == (gate.role == "evidence"), gate.name
        assert ("where known" in passes) == (gate.role == "when_known"), gate.name


def test_every_feature_has_its_formula() -> None:
    told = " ".join(names for names, _ in cells("feature"))
    for column in kernel.BUILT_IN:
        name = re.sub(r"^(momentum|imbalance)_(5s|30s|1m|5m|30m)$", r"\1_TAU", column.name)
        assert f"`{name.removeprefix('near_')}`" in told or f"`{name}`" in told, name


@pytest.mark.parametrize(
    "statement",
    [
        f"`threshold = max({kernel.SIGMA_THRESHOLD:g} sigma_1m, {kernel.SPREAD_THRESHOLD:g} ew_spread)`",
        f"In the first {kernel.WARM_UP_MS:,.0f} ms",
        f"at least {kernel.SAMPLE_MS:,.0f} ms after the last sample",
        f"`u = max(sigma_1m, {kernel.LEAST_SIGMA:.0e} m)`".replace("e-06", "e-6"),
        f"`w = max({WIDTH_SIGMAS} sigma_1m sqrt(h in minutes), {WIDTH_SPREADS:g} ew_spread)`",
        f"{SHORT_HORIZON_MIN} minutes where `ew_spread < {CHEAP_SPREAD_SIGMAS} sigma_1m`, else {LONG_HORIZON_MIN} min",
        f"**day's end** is {DAY_END_MARGIN_US // 1_000_000} s before the calendar's last close",
        f"{TREES} trees a class, histograms of {BINS} bins, `min_child_weight` {MIN_CHILD_WEIGHT:g}",
        f"| `depth` | {PatternParameters().depth} |",
        f"Of each feature {anomaly.POINTS} quantiles",
        f"({anomaly.KEPT} S + {1 - anomaly.KEPT:.1f} D)^-1",
        f"{anomaly.LEAST_SCALE} standard deviations",
        f"The limit is the {ANOMALY_QUANTILE:.0%} quantile".replace("%", " %"),
        f"above {feed_rules.MARGIN} times the {100 * feed_rules.TAIL:g} % quantile",
        f"quantiles {', '.join(f'{each:g}' for each in QUANTILES[:-1])} and {QUANTILES[-1]:g} of",
        f"at least {LEAST_TRADES_A_DAY} trades a validation day",
        f"`p = (1 + b) / {DRAWS + 1:,}`",
        f"Spearman correlation on these events is above {CORRELATED}",
        f"more than {MOST_EVENTS:,} events",
    ],
)
def test_the_numbers_are_those_of_the_code(statement: str) -> None:
    assert statement in words()
