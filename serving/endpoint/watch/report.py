"""What `GET /v1/watch/{symbol}` answers, field by field."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from serving.endpoint.watch.outcomes import Totals
from ticklake_assets.modeling.deployed.manifest import ActedRisk


class TroubleReport(BaseModel):
    """A reason that holds the breaker open, or that a person closed it in spite of."""

    reason: str = Field(description="A row of the breaker's table of limits", examples=["feed_gap"])
    since: datetime = Field(description="Tick time at which it began, UTC")
    worst: float = Field(description="The largest value since, in the limit's unit")
    unit: str = Field(description="Of the values and of both limits", examples=["seconds"])
    opens: float = Field(description="From this value on it opens the breaker")
    closes: float = Field(description="Below this value for five minutes it is over")
    muted: bool = Field(description="A person closed the breaker meanwhile: it counts again once it was over")


class BreakerReport(BaseModel):
    """Whether every signal of the symbol abstains with `breaker`, why and since when."""

    open: bool = Field(description="Signals of a feed abstain with `breaker`")
    by_hand: bool = Field(description="Opened by a person: it never closes by itself")
    hand_reason: str | None = Field(description="What the person who last opened or closed it said")
    hand_at: datetime | None = Field(description="When that was, UTC")
    troubles: list[TroubleReport] = Field(description="What holds it open, or is muted")


class FeedReport(BaseModel):
    """The feed as it is now."""

    last_tick: datetime | None = Field(description="Time of the last clean tick, UTC")
    age_s: float | None = Field(description="Seconds since a clean tick came; null before the first")
    live: bool = Field(description="Whether ticks came when they were made; a replay's clocks say nothing")


class DriftRow(BaseModel):
    """One quantity's window against the bundle's validation days."""

    name: str = Field(
        description="A feature, a score, or `spread_pips` and `ticks_a_minute`", examples=["p_long"]
    )
    psi: float | None = Field(description="Population stability index; null before the window says anything")
    outside: float | None = Field(description="Share of the window beyond what the reference ever had")


class DriftReport(BaseModel):
    """By rolling windows: the last events' features and scores, the last minutes' spread and rate."""

    events: int = Field(description="Events in their window")
    minutes: int = Field(description="Minutes in theirs")
    rows: list[DriftRow] = Field(description="The furthest drifted first")


class RiskRow(BaseModel):
    """The least strange share of the live events."""

    coverage: float = Field(description="Share of the events so far")
    orders: int = Field(description="Their orders whose end is known")
    net_pips: float = Field(description="What these made, or would have made where the signal abstained")


class OutcomeReport(BaseModel):
    """Live signals beside the tested ones."""

    live: Totals = Field(description="Counted since the champion came into service")
    acted: float | None = Field(description="Share of the live events that were acted on")
    hit_rate: float | None = Field(description="Share of the settled signals that earned")
    mean_net_pips: float | None = Field(description="Of a settled signal, after costs")
    curve: list[RiskRow] = Field(description="Coverage against result, by tenths of the anomaly score")
    tested: ActedRisk | None = Field(description="The same of the test days, as the gate record says")


class WatchReport(BaseModel):
    """All that is watched of a symbol."""

    symbol: str = Field(description="Its own name", examples=["EURUSD"])
    day: str = Field(description="The trading day that is watched, UTC", examples=["2024-01-17"])
    model: str | None = Field(description="Digest of the champion that drift and outcomes are of")
    breaker: BreakerReport = Field(description="Why signals are held back, if they are")
    feed: FeedReport = Field(description="How the ticks come")
    drift: DriftReport | None = Field(description="null without a model")
    outcomes: OutcomeReport = Field(description="What became of the signals")
