"""Train, validate and test windows before an as-of day, in calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Windows:
    """Lengths in calendar days; together they are the look-back."""

    train_days: int
    validate_days: int
    test_days: int

    @property
    def lookback_days(self) -> int:
        return self.train_days + self.validate_days + self.test_days


@dataclass(frozen=True)
class Fold:
    """The days an as-of day may know, split in time: train, then validate, then test.

    Each is sorted; the last test day is the day before `as_of`.
    """

    as_of: date
    train: tuple[date, ...]
    validate: tuple[date, ...]
    test: tuple[date, ...]

    @classmethod
    def before(cls, as_of: date, windows: Windows) -> Fold:
        """
        >>> fold = Fold.before(date(2024, 1, 13), Windows(8, 2, 2))
        >>> fold.train[0], fold.test[-1]
        (datetime.date(2024, 1, 1), datetime.date(2024, 1, 12))
        """
        first = as_of - timedelta(days=windows.lookback_days)
        days = [first + timedelta(days=offset) for offset in range(windows.lookback_days)]
        validate_at = windows.train_days
        test_at = validate_at + windows.validate_days
        return cls(as_of, tuple(days[:validate_at]), tuple(days[validate_at:test_at]), tuple(days[test_at:]))

    @property
    def days(self) -> tuple[date, ...]:
        return self.train + self.validate + self.test


def fold_as_ofs(last: date, stride_days: int, count: int) -> list[date]:
    """As-of days of a walk-forward that ends at `last`, oldest first."""
    return [last - timedelta(days=stride_days * back) for back in reversed(range(count))]
