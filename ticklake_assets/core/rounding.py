"""Numbers for the eye: what is stored stays exact."""

from __future__ import annotations

EXACT = 10
"""Significant digits of what is shown as it is, like a price or a size: all but the noise of binary fractions."""


def rounded(value: float, digits: int = 6) -> float:
    """A float of so many significant digits.

    >>> rounded(450.80000000001996), rounded(1.1300000000000001, EXACT)
    (450.8, 1.13)
    """
    return float(f"{value:.{digits}g}")


def shown(value: object) -> str:
    """A value as text; floats, also in lists and dictionaries, without the noise of their last digits.

    >>> shown({"stop": 1.1300000000000001, "days": (1, 0.1)})
    'stop 1.13, days 1, 0.1'
    """
    if isinstance(value, float):
        return f"{value:.{EXACT}g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return str(value)
