"""Train, validate and test windows before an as-of day, in calendar days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from ticklake_assets.core.errors import DataError


@dataclass(frozen=True)
class Windows:
    """Lengths in calendar days; together they are the look-back."""

    train_days: int
    validate_days: int
    test_days: int

    @property
    def lookback_days(self) -> int:
        return self.train_days + self.validate_days + self.test_days

    def anchored_at(self, first_train_day: date, as_of: date) -> Windows:
        """The same validation and test days before `as_of`, with all days since `first_train_day` to train on.

        >>> Windows(8, 2, 2).anchored_at(date(2024, 1, 1), date(2024, 1, 17))
        Windows(train_days=12, validate_days=2, test_days=2)
        """
        train_days = (as_of - first_train_day).days - self.validate_days - self.test_days
        if train_days < 1:
            raise DataError(
                f"Nothing is left to train on as of {as_of}. Expected a first train day more than "
                f"{self.validate_days + self.test_days} days before, was {first_train_day}"
            )
        return replace(self, train_days=train_days)


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


@dataclass(frozen=True)
class Walk:
    """A walk-forward: folds whose test windows tile, the last one's as-of day being `last`."""

    first: date
    """No as-of day lies before it; the walk is counted back from `last`, whose model is the one to deploy."""
    last: date
    windows: Windows
    """Those of the first fold; a fold comes every `test_days`."""
    is_anchored: bool = False
    """Whether every train window starts where the first one does, instead of rolling on."""

    @property
    def as_ofs(self) -> list[date]:
        """
        >>> Walk(date(2024, 1, 12), date(2024, 1, 17), Windows(8, 2, 2)).as_ofs[0]
        datetime.date(2024, 1, 13)
        """
        stride = self.windows.test_days
        return fold_as_ofs(self.last, stride, max(0, (self.last - self.first).days // stride + 1))

    @property
    def first_train_day(self) -> date:
        """The earliest day that the walk looks at."""
        return self.as_ofs[0] - timedelta(days=self.windows.lookback_days)

    def windows_of(self, as_of: date) -> Windows:
        """The windows of one of its folds: anchored ones train on more days each time."""
        if not self.is_anchored:
            return self.windows
        return self.windows.anchored_at(self.first_train_day, as_of)
