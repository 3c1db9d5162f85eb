"""Events and features of a day from their definitions: whole histories, no state, no shortcuts, quadratic.

It shares no code with the kernel. Sums run in another order, so values agree closely but not to the bit.
"""

from __future__ import annotations

import numpy as np

from ticklake_assets.core.tables import Floats, Quotes

TAU_MS = {"5s": 5e3, "30s": 3e4, "1m": 6e4, "5m": 3e5, "30m": 18e5}


class DayByDefinition:
    """Everything known after quote `n` is computed from the quotes up to it."""

    def __init__(self, day_start_us: int, quotes: Quotes) -> None:
        self.quotes, self.day_start_us = quotes, day_start_us
        self.ms = quotes.ts_us // 1000
        self.mid = (quotes.bid + quotes.ask) / 2
        self.spread = quotes.ask - quotes.bid
        total = quotes.bid_size + quotes.ask_size
        leaning = quotes.bid_size - quotes.ask_size
        self.imbalance = np.where(total > 0, leaning / np.maximum(total, 1e-9), 0)
        self.total = total
        self.samples = [0]
        for i, ms in enumerate(self.ms):
            if ms - self.ms[self.samples[-1]] >= 5000:
                self.samples.append(i)

    def held(self, values: Floats, n: int, tau: float) -> float:
        """Average of what stood before quote n; the plain mean while the day is younger than tau."""
        average = float(values[0])
        for i in range(1, n + 1):
            dt = self.ms[i] - self.ms[i - 1]
            if dt:
                weight = dt / (min(tau, self.ms[i - 1] - self.ms[0]) + dt)
                average = (1 - weight) * average + weight * values[i - 1]
        return float(average)

    def per_quote(self, values: Floats, n: int, tau: float) -> float:
        weights = self._weights(np.arange(n + 1), tau)
        return float((weights * values[: n + 1]).sum() / weights.sum())

    def rate(self, n: int, tau: float) -> float:
        """Quotes a millisecond."""
        return float(self._weights(np.arange(n + 1), tau).sum() / tau)

    def sigma(self, n: int, tau: float = 18e5) -> float:
        taken = np.array([i for i in self.samples if i <= n])
        if len(taken) < 2:
            return 0.0
        weights = self._weights(taken, tau)[1:]
        variance = (weights * np.diff(self.mid[taken]) ** 2).sum() / (weights * np.diff(self.ms[taken])).sum()
        return float(np.sqrt(variance * 60_000))

    def events(self) -> list[tuple[int, int]]:
        """(first quote of a time, side) of each move of max(2 sigma, spread) from the extreme since the last."""
        found, start = [], 0
        for n in range(len(self.ms)):
            if self.ms[n] - self.ms[0] < 900_000:
                start = n
                continue
            since = self.mid[start : n + 1]
            rise, fall = self.mid[n] - since.min(), since.max() - self.mid[n]
            move = max(rise, fall)
            is_first = n == 0 or self.quotes.ts_us[n] > self.quotes.ts_us[n - 1]
            if not is_first or move <= 0 or move < self._least_threshold(n):
                continue
            if move >= max(2 * self.sigma(n), self.held(self.spread, n, 6e4)):
                found.append((n, 1 if rise >= fall else -1))
                start = n
        return found

    def features(self, n: int, side: int, previous: int | None, start: int) -> dict[str, float]:
        """The features of an event at quote n; `previous` event, `start` of its CUSUM."""
        ms, mid = self.ms, self.mid
        sigma, age_min = self.sigma(n), (ms[n] - ms[0]) / 60_000
        high, low = mid[: n + 1].max(), mid[: n + 1].min()
        since = mid[start : n + 1]
        move = mid[n] - since.min() if side == 1 else since.max() - mid[n]
        threshold = max(2 * sigma, self.held(self.spread, n, 6e4))
        direction = np.sign(np.diff(mid, prepend=mid[0]))
        gaps = np.diff(ms[: n + 1], prepend=ms[0])
        fading = [gap * self._fade(i, n) for i, gap in enumerate(gaps)]
        hour = (ms[n] - self.day_start_us // 1000) / 3.6e6
        found = {
            "return_since_event": 0.0 if previous is None else (mid[n] - mid[previous]) / sigma,
            "return_of_day": (mid[n] - mid[0]) / sigma / np.sqrt(age_min),
            "event_side": side,
            "event_excess": (move - threshold) / sigma,
            "sigma_bp": sigma / mid[n] * 1e4,
            "sigma_ratio_1m": self.sigma(n, 6e4) / sigma,
            "sigma_ratio_5m": self.sigma(n, 3e5) / sigma,
            "range_of_day": (high - low) / sigma / np.sqrt(age_min),
            "place_in_range": (mid[n] - low) / (high - low),
            "spread_sigma": self.spread[n] / sigma,
            "spread_ratio_1m": self.spread[n] / self.held(self.spread, n, 6e4),
            "spread_ratio_30m": self.held(self.spread, n, 6e4) / self.held(self.spread, n, 18e5),
            "imbalance": self.imbalance[n],
            "microprice_gap": (self._microprice(n) - mid[n]) / sigma,
            "size_share": self.total[n] / (self.total[n] + self.per_quote(self.total, n, 3e5)),
            "direction_30s": self.per_quote(direction, n, 3e4),
            "direction_5m": self.per_quote(direction, n, 3e5),
            "tick_rate": self.rate(n, 18e5) * 60_000,
            "tick_rate_ratio_30s": self.rate(n, 3e4) / self.rate(n, 18e5),
            "gap": gaps[-1] / 1000,
            "longest_gap": max(fading) / 1000,
            "since_event": (ms[n] - ms[0 if previous is None else previous]) / 60_000,
            "day_fraction": hour / 24,
            "weekday": (self.day_start_us // 86_400_000_000 + 3) % 7,
        }
        for name, tau in TAU_MS.items():
            scale = sigma * np.sqrt(tau / 60_000)
            found[f"momentum_{name}"] = (mid[n] - self.held(mid, n, tau)) / scale
            found[f"imbalance_{name}"] = self.per_quote(self.imbalance, n, tau)
        for at in (0, 6, 12, 16, 20):
            away = abs(hour - at)
            found[f"near_{at:02}h"] = max(0.0, 1 - min(away, 24 - away) / 3)
        return found

    def _microprice(self, n: int) -> float:
        q = self.quotes
        if not self.total[n]:
            return float(self.mid[n])
        return float((q.bid[n] * q.ask_size[n] + q.ask[n] * q.bid_size[n]) / self.total[n])

    def _weights(self, at: np.ndarray, tau: float) -> Floats:
        """Product of tau / (tau + dt) over the steps from each moment to the last."""
        decays = tau / (tau + np.diff(self.ms[at]))
        return np.append(np.cumprod(decays[::-1])[::-1], 1.0)

    def _fade(self, first: int, n: int) -> float:
        return float(np.prod(18e5 / (18e5 + np.diff(self.ms[first : n + 1]))))

    def _least_threshold(self, n: int) -> float:
        """A cheap lower bound that spares the slow comparison."""
        return 2 * self.sigma(n)
