from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.pipeline.charts.downsample import m4

QUOTES = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=300
).map(sorted)


@given(QUOTES, st.integers(1, 20))
def test_each_column_keeps_its_ends_and_its_extremes(rows: list[tuple[int, int, int]], columns: int) -> None:
    x = np.array([row[0] for row in rows])
    lines = tuple(np.array([float(row[at]) for row in rows]) for at in (1, 2))
    kept = m4(x, lines, columns)
    assert (np.diff(kept) > 0).all()
    if len(x) <= 2 * columns:
        assert len(kept) == len(x)
        return
    assert len(kept) <= columns * 6
    span = max(int(x[-1] - x[0]), 1) + 1
    by_column: dict[int, list[int]] = {}
    for at, time in enumerate(x.tolist()):  # the oracle: a plain loop over all
        by_column.setdefault(int((time - x[0]) * (columns / span)), []).append(at)
    chosen = set(kept.tolist())
    for members in by_column.values():
        mine = chosen & set(members)
        assert {members[0], members[-1]} <= mine
        for line in lines:
            assert min(line[[*mine]]) == min(line[members])
            assert max(line[[*mine]]) == max(line[members])


def test_a_year_of_quotes_becomes_what_a_screen_has() -> None:
    x = np.arange(3_000_000) * 10_000
    bid = np.random.default_rng(1).normal(size=len(x)).cumsum()
    kept = m4(x, (bid, bid + 1), 500)
    assert len(kept) <= 3000
    assert bid.min() in bid[kept]
    assert bid.max() in bid[kept]
