"""Floats of a terminal, a wire or a profile as the decimals that they were written as."""

from __future__ import annotations

from decimal import Decimal


def exact(number: float) -> Decimal:
    """
    >>> exact(0.1)
    Decimal('0.1')
    """
    return Decimal(repr(float(number)))  # a numpy number spells itself otherwise
