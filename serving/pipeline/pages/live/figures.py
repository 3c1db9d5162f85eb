"""What the live page says beside the ticks: model, breaker, drift, latency, the day's counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from serving.pipeline.pages.live.day_counts import DayCounts
from serving.pipeline.sources.endpoint import EndpointSource

MOVED, SHIFTED, BREAKS = 0.1, 0.25, 1.0
"""PSI: Siddiqi, Credit Risk Scorecards (2006), calls 0.1 a small and 0.25 a real shift; of scores 1.0 opens the
breaker."""
_SCORES = ("p_short", "p_neither", "p_long", "anomaly")
_REASONS = {
    "feed_stale": "ticks come late",
    "clock_skew": "ticks come from the future: the clocks differ",
    "feed_gap": "no clean tick for long",
    "spread_blown": "the spread is wider than it ever was in validation",
    "score_drift": "the scores' distribution has left that of validation",
    "out_of_range": "too many events are stranger than any in validation",
}


class Drift(NamedTuple):
    name: str
    psi: float | None
    outside: float | None
    kind: str
    word: str


class Stage(NamedTuple):
    name: str
    messages: int
    p50_ms: float
    p99_ms: float


class Trouble(NamedTuple):
    reason: str
    since: str
    worst: float
    unit: str
    closes: float
    is_muted: bool


@dataclass(frozen=True)
class Figures:
    """Of one symbol, as the endpoint said it a moment ago."""

    model: dict[str, Any] | None
    shadows: int
    breaker: dict[str, Any]
    troubles: tuple[Trouble, ...]
    feed: dict[str, Any] | None
    """None where nothing was streamed since the endpoint started."""
    drift: tuple[Drift, ...]
    """The furthest drifted first."""
    drift_of: str
    stages: tuple[Stage, ...]
    p50_ms: float
    p99_ms: float
    counts: DayCounts

    @classmethod
    def of(cls, source: EndpointSource, symbol: str, counts: DayCounts) -> Figures:
        watch, stats = source.watch(symbol), source.stats()
        models = [each for each in source.models() if each["symbol"] == symbol]
        breaker = watch["breaker"] if watch else source.breaker(symbol)
        drift = (watch or {}).get("drift")
        return cls(
            model=next((each for each in models if each["mode"] == "live"), None),
            shadows=sum(each["mode"] == "shadow" for each in models),
            breaker=breaker,
            troubles=tuple(_trouble(each) for each in breaker["troubles"]),
            feed=watch["feed"] if watch else None,
            drift=tuple(drift_row(**each) for each in drift["rows"]) if drift else (),
            drift_of=f"the last {drift['events']} events and {drift['minutes']} minutes" if drift else "",
            stages=tuple(_stage(name, each) for name, each in stats["stages"].items()),
            p50_ms=stats["p50_ms"],
            p99_ms=stats["p99_ms"],
            counts=counts,
        )

    @property
    def furthest(self) -> tuple[Drift, ...]:
        """The furthest drifted; none before the windows say anything."""
        return tuple(each for each in self.drift if each.psi is not None)[:6]


def drift_row(name: str, psi: float | None, outside: float | None) -> Drift:
    """A quantity's index in words.

    >>> drift_row("p_long", 0.3, 0.0).word
    'shifted: worth a look'
    """
    if psi is None:
        kind, word = "dim", "too few to say"
    elif psi >= BREAKS and name in _SCORES:
        kind, word = "bad", "so far off that it opens the breaker"
    elif psi >= SHIFTED:
        kind, word = "warn", "shifted: worth a look"
    elif psi >= MOVED:
        kind, word = "dim", "moved a little"
    else:
        kind, word = "good", "as in validation"
    return Drift(name, psi, outside, kind, word)


def _stage(name: str, told: dict[str, Any]) -> Stage:
    return Stage(name, told["count"], told["p50_ms"], told["p99_ms"])


def _trouble(told: dict[str, Any]) -> Trouble:
    reason = _REASONS.get(told["reason"], told["reason"])
    return Trouble(reason, told["since"], told["worst"], told["unit"], told["closes"], told["muted"])
