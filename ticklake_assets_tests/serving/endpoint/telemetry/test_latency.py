from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.telemetry.latency import LatencyHistogram


@given(
    st.lists(st.integers(0, 2**40 - 1), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]),
)
def test_quantiles_are_within_two_percent_of_the_truth(values: list[int], share: float) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.record(value)
    exact = sorted(values)[max(ceil(share * len(values)), 1) - 1]
    assert histogram.quantile_ms(share) == pytest.approx(exact / 1e6, rel=0.016, abs=1e-6)
    assert histogram.count == len(values)


def test_nothing_measured_is_zero() -> None:
    assert LatencyHistogram().quantile_ms(0.5) == 0.0


@pytest.mark.parametrize(("value", "shown"), [(-5, 0.0), (2**60, 2**40 / 1e6)])
def test_impossible_durations_count_at_the_ends(value: int, shown: float) -> None:
    histogram = LatencyHistogram()
    histogram.record(value)
    assert histogram.quantile_ms(0.5) == pytest.approx(shown, rel=0.02)


@given(
    st.lists(
        st.integers(0, 2**36) | st.sampled_from([1023, 1024, 1535, 1536, 2**20 - 1, 2**20, 2**32 - 1, 2**32]),
        max_size=60,
    )
)
def test_cumulative_counts_are_exact_at_every_bound(values: list[int]) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.record(value)
    told = list(histogram.cumulative())
    assert told == [(bound, sum(value <= bound for value in values)) for bound, _ in told]
    assert [bound for bound, _ in told[:4]] == [1_023, 1_535, 2_047, 3_071]
    assert [bound for bound, _ in told[-2:]] == [2**32 - 1, 3 * 2**31 - 1]
    assert (histogram.count, histogram.sum_ns) == (len(values), sum(values))
