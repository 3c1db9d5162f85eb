"""Quantiles and cumulative counts of durations in bounded memory, whatever the number of durations."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

_SUB_BITS = 5
_EXACT = 2 << _SUB_BITS
_LARGEST_SHIFT = 34
"""2**40 ns: 18 minutes. Longer durations count as that."""
_BOUNDS = [size << bits for bits in range(9, 32) for size in (2, 3)]
"""Bounds that are told, nanoseconds: from a microsecond to 6 seconds, two a power of two."""


class LatencyHistogram:
    """Log-linear buckets, 32 a power of two: quantiles are within 1.6 % of the truth.

    The layout of HdrHistogram (Tene, http://hdrhistogram.org), without its options.
    """

    def __init__(self) -> None:
        self._counts = [0] * (_EXACT + (_LARGEST_SHIFT << _SUB_BITS))
        self.count = 0
        self.sum_ns = 0

    def record(self, nanoseconds: int) -> None:
        shift = nanoseconds.bit_length() - _SUB_BITS - 1
        index = max(nanoseconds, 0) if shift <= 0 else (shift << _SUB_BITS) + (nanoseconds >> shift)
        self._counts[min(index, len(self._counts) - 1)] += 1
        self.count += 1
        self.sum_ns += nanoseconds

    def quantile_ms(self, share: float) -> float:
        """Smallest duration that `share` of the recorded ones do not exceed, milliseconds; 0 without any."""
        rank, seen = max(ceil(share * self.count), 1), 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return _middle(index) / 1e6
        return 0.0

    def cumulative(self) -> Iterator[tuple[int, int]]:
        """Bounds, nanoseconds, and how many durations do not exceed each: exact, as bounds are edges of buckets.

        A bound is one less than a round number, since a duration of 1024 ns is the first of its bucket.
        """
        seen = below = 0
        for bound in _BOUNDS:
            shift = bound.bit_length() - _SUB_BITS - 1
            edge = (shift << _SUB_BITS) + (bound >> shift)
            seen += sum(self._counts[below:edge])
            below = edge
            yield bound - 1, seen


def _middle(index: int) -> float:
    """Middle of a bucket, nanoseconds."""
    if index < _EXACT:
        return float(index)
    shift = (index >> _SUB_BITS) - 1
    mantissa = index - (shift << _SUB_BITS)
    return (mantissa + 0.5) * (1 << shift)
