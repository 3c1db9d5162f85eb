"""A watch put into the words of its report."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import accumulate
from math import isnan
from typing import TYPE_CHECKING

from serving.endpoint.watch.breaker import Breaker
from serving.endpoint.watch.drift import Drift
from serving.endpoint.watch.limits import LIMITS, SECOND_US
from serving.endpoint.watch.outcomes import Totals
from serving.endpoint.watch.report import (
    BreakerReport,
    DriftReport,
    DriftRow,
    FeedReport,
    OutcomeReport,
    RiskRow,
    TroubleReport,
    WatchReport,
)
from ticklake_assets.modeling.deployed.manifest import ActedRisk

if TYPE_CHECKING:
    from serving.endpoint.watch.watch import Watch

_LIMITS = {limit.reason: limit for limit in LIMITS}


def told(watch: Watch, now_us: int) -> WatchReport:
    """All of a watch as of a moment of this machine's clock."""
    feed, model = watch.feed, watch.model
    heard = feed.last_received_us >= 0
    return WatchReport(
        symbol=watch.day.symbol,
        day=watch.day.trading_day.isoformat(),
        model=model.digest if model else None,
        breaker=told_breaker(watch.breaker),
        feed=FeedReport(
            last_tick=_moment(feed.last_ts_us) if heard else None,
            age_s=(now_us - feed.last_received_us) / SECOND_US if heard else None,
            live=feed.is_live,
        ),
        drift=_drift(watch.events, watch.minutes) if watch.events and watch.minutes else None,
        outcomes=_outcomes(watch.outcomes.totals, model.deployment.record.tested if model else None),
    )


def told_breaker(breaker: Breaker) -> BreakerReport:
    hand = breaker.hand
    return BreakerReport(
        open=breaker.is_open,
        by_hand=hand is not None and hand.opens,
        hand_reason=hand.reason if hand else None,
        hand_at=_moment(hand.at_us) if hand else None,
        troubles=[
            TroubleReport(
                reason=trouble.reason,
                since=_moment(trouble.since_us),
                worst=trouble.worst,
                unit=_LIMITS[trouble.reason].unit,
                opens=_LIMITS[trouble.reason].opens,
                closes=_LIMITS[trouble.reason].closes,
                muted=trouble.muted,
            )
            for trouble in breaker.troubles.values()
        ],
    )


def _drift(events: Drift, minutes: Drift) -> DriftReport:
    rows = [
        DriftRow(name=name, psi=_known(psi), outside=_known(outside))
        for drift in (events, minutes)
        for name, psi, outside in zip(
            drift.names, drift.psi().tolist(), drift.outside().tolist(), strict=True
        )
    ]
    return DriftReport(
        events=events.held,
        minutes=minutes.held,
        rows=sorted(rows, key=lambda row: -1.0 if row.psi is None else row.psi, reverse=True),
    )


def _outcomes(live: Totals, tested: ActedRisk | None) -> OutcomeReport:
    columns = (live.strange_events, live.strange_orders, live.strange_pips)
    so_far = zip(*(accumulate(column) for column in columns), strict=True)
    return OutcomeReport(
        live=live,
        acted=live.acted / live.events if live.events else None,
        hit_rate=live.hits / live.settled if live.settled else None,
        mean_net_pips=live.net_pips / live.settled if live.settled else None,
        curve=[
            RiskRow(coverage=events / live.events, orders=int(orders), net_pips=pips)
            for events, orders, pips in so_far
            if live.events
        ],
        tested=tested,
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _moment(ts_us: int) -> datetime:
    return datetime.fromtimestamp(ts_us / SECOND_US, UTC)
