"""One number that stands for the bits of many, as checks.mqh computes it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ticklake_assets.core.tables import Floats

_FIRST, _PRIME, _64_BITS = 1_469_598_103_934_665_603, 0x100000001B3, 2**64 - 1


def digest_of(values: Iterable[float | Floats]) -> int:
    """As FNV-1a, but 64 bits at once; below 2^63, so that every compiler reads it as a number."""
    digest = _FIRST
    for value in values:
        for bits in np.atleast_1d(np.asarray(value, dtype=np.float64)).ravel().view(np.uint64).tolist():
            digest = ((digest ^ bits) * _PRIME) & _64_BITS
    return digest >> 1
