"""A signal as it is sent: what one model says of one event."""

from __future__ import annotations

from typing import Any

from serving.endpoint.models.model import Model
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.modeling.deployed.decision import MarketEvent, Prediction, decide, signal_id

_SIDES = {1: "long", -1: "short", 0: "none"}


def make_signal(
    model: Model,
    instrument: Instrument,
    event: MarketEvent,
    prediction: Prediction,
    *,
    seq: int,
    day_end_us: int,
    withheld: tuple[str, ...],
) -> dict[str, Any]:
    """Decide an event by a model's thresholds; `withheld` are reasons to abstain that are not the event's own."""
    thresholds = model.deployment.bundle.thresholds
    decision = decide(event, prediction, thresholds, instrument)
    return {
        "signal_id": signal_id(model.digest, instrument.symbol, event.ts_us, decision.side),
        "seq": seq,
        "symbol": instrument.symbol,
        "ts_us": event.ts_us,
        "side": _SIDES[decision.side],
        "p_short": prediction.p_short,
        "p_neither": prediction.p_neither,
        "p_long": prediction.p_long,
        "threshold": thresholds.act,
        "anomaly": prediction.anomaly,
        "abstain": withheld + decision.abstain,
        "earliest_entry_us": decision.earliest_entry_us,
        "stop": decision.stop if decision.side else None,
        "target": decision.target if decision.side else None,
        "horizon_end_us": decision.horizon_end_us,
        "day_end_us": day_end_us,
        "tradable": model.deployment.tradable,
        "bundle": model.digest,
    }
