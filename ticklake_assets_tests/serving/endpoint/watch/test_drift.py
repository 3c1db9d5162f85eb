from __future__ import annotations

from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.watch.drift import LEAST_SHARE, Drift
from ticklake_assets.modeling.deployed.reference import ReferenceColumn

WINDOW, LEAST = 40, 10


def naive_psi(reference: np.ndarray, live: np.ndarray) -> float:
    """By the definition, from the values themselves."""
    edges = np.quantile(reference, np.arange(1, 10) / 10)
    ends = [-np.inf, *edges, np.inf]
    total = 0.0
    for low, high in pairwise(ends):
        p = max(np.mean((live > low) & (live <= high)), LEAST_SHARE)
        q = max(np.mean((reference > low) & (reference <= high)), LEAST_SHARE)
        total += (p - q) * log(p / q)
    return total


def of(reference: np.ndarray) -> Drift:
    columns = [ReferenceColumn.of(f"c{place}", column) for place, column in enumerate(reference.T)]
    return Drift(columns, WINDOW, LEAST)


@given(st.integers(0, 10_000), st.integers(1, 130), st.sampled_from([1.0, 0.1]), st.floats(-2, 2))
def test_it_is_the_psi_of_the_window_s_values(seed: int, count: int, grid: float, shift: float) -> None:
    """On a coarse grid values tie with edges and with each other."""
    rng = np.random.default_rng(seed)
    reference = np.round(rng.normal(size=(200, 3)) / grid) * grid
    live = np.round(rng.normal(shift, 1.0, size=(count, 3)) / grid) * grid
    drift = of(reference)
    for row in live:
        drift.push(row)
    window = live[-WINDOW:]
    assert drift.held == len(window)
    if len(window) < LEAST:
        assert np.isnan(drift.psi()).all()
        assert np.isnan(drift.outside()).all()
        return
    assert drift.psi() == pytest.approx(
        [naive_psi(reference[:, k], window[:, k]) for k in range(3)], abs=1e-12
    )
    beyond = (window < reference.min(axis=0)) | (window > reference.max(axis=0))
    assert drift.outside() == pytest.approx(beyond.mean(axis=0))


def test_the_same_market_is_no_drift_and_a_moved_one_is() -> None:
    rng = np.random.default_rng(1)
    drift = Drift([ReferenceColumn.of("x", rng.normal(size=2000))], 512, 200)
    for value in rng.normal(size=512):
        drift.push(np.array([value]))
    assert drift.psi()[0] < 0.1
    for value in rng.normal(2.0, size=512):
        drift.push(np.array([value]))
    assert drift.psi()[0] > 1.0


def test_what_is_not_finite_lies_outside() -> None:
    drift = of(np.random.default_rng(1).normal(size=(200, 1)))
    for value in [np.nan, np.inf, -np.inf, 0.0] * 5:
        drift.push(np.array([value]))
    assert drift.outside()[0] == 0.75


@pytest.mark.parametrize("count", [0, 5, 40, 97])
def test_a_restored_window_goes_on_as_if_nothing_had_been(count: int) -> None:
    rng = np.random.default_rng(2)
    reference, live = rng.normal(size=(200, 3)), rng.normal(size=(count + 30, 3))
    whole, first, second = of(reference), of(reference), of(reference)
    for row in live[:count]:
        whole.push(row)
        first.push(row)
    second.restore(first.state())
    for row in live[count:]:
        whole.push(row)
        second.push(row)
    assert second.state() == whole.state()
    assert second.psi().tobytes() == whole.psi().tobytes()
    assert second.outside().tobytes() == whole.outside().tobytes()
