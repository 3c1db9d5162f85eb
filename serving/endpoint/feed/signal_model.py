"""A signal's fields, for documentation and clients; the hot path writes plain dictionaries (`signals.make_signal`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Signal(BaseModel):
    """What a model says of one event, with the order that would follow."""

    model_config = ConfigDict(extra="forbid")

    signal_id: str = Field(
        description="names the signal by its content: bundle, symbol, event, side",
        examples=["3f1c9a0b27d4e658"],
    )
    seq: int = Field(description="number of the tick that made the event", examples=[532])
    symbol: str = Field(description="the symbol's own name, not a vendor's", examples=["EURUSD"])
    ts_us: int = Field(description="time of the event, epoch microseconds UTC", examples=[1705481532123000])
    side: Literal["long", "short", "none"] = Field(
        description="of the order that would follow; `none`: no probability reaches the threshold",
        examples=["long"],
    )
    p_short: float | None = Field(
        description="calibrated probability that the short order wins, 0 to 1; null where it is not finite",
        examples=[0.21],
    )
    p_neither: float | None = Field(
        description="calibrated probability that neither does, 0 to 1", examples=[0.2]
    )
    p_long: float | None = Field(
        description="calibrated probability that the long order wins, 0 to 1", examples=[0.59]
    )
    threshold: float = Field(
        description="least probability to act on, 0 to 1; 2 of a bundle that chose not to trade",
        examples=[0.55],
    )
    anomaly: float | None = Field(
        description="no unit: about 1 in the training market, larger is stranger; null where it is not finite",
        examples=[1.1],
    )
    abstain: list[str] = Field(
        description="reasons not to act; empty: none", examples=[[], ["incomplete_day"]]
    )
    earliest_entry_us: int = Field(
        description="earliest time of the entry, epoch microseconds UTC", examples=[1705481532373000]
    )
    stop: float | None = Field(
        description="absolute price in the quote currency; null without a side", examples=[1.0871]
    )
    target: float | None = Field(
        description="absolute price in the quote currency; null without a side", examples=[1.0899]
    )
    horizon_end_us: int = Field(
        description="when the position is closed at the latest, epoch microseconds UTC",
        examples=[1705483332373000],
    )
    day_end_us: int = Field(
        description="when the day's positions are closed, epoch microseconds UTC", examples=[1705528500000000]
    )
    tradable: bool = Field(
        description="false of a model whose gates did not all pass: it only scores", examples=[True]
    )
    bundle: str = Field(
        description="digest of the model's bundle, sha256",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
