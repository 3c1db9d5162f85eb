"""The documents inside a bundle: what was trained on what, with which numbers, and how it was judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from pydantic import ConfigDict, Field

from ticklake_assets.core.broker import Costs
from ticklake_assets.core.calendar import hours_version
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import order_constants
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit
from ticklake_assets.modeling.deployed.gates import GateReport

SCHEMA_VERSION = 3
"""Of bundle and gate record; 3 holds golden ticks and the reference of drift."""
CODE = f"ticklake {version('ticklake')}"
"""Which release makes what is made here. No commit: the same models and rules stay the same bundle, hence one trial."""


class OrderRules(Document):
    """All that decides an order beside the market: outcomes were simulated with it, the endpoint must trade with it."""

    digits: int
    pip: float
    calendar: str
    """Whose hours end orders (`core.calendar.hours_version`)."""
    stops_level_points: int
    costs: Costs
    """Resolved from the cost profile that was chosen: `costs.version` names it."""
    long_horizon_min: float
    short_horizon_min: float
    cheap_spread_sigmas: float
    """Spread, in sigma_1m, below which the short horizon holds."""
    width_sigmas: float
    width_spreads: float
    day_end_margin_us: float

    @classmethod
    def of(cls, instrument: Instrument) -> OrderRules:
        constants = order_constants()
        facts = {name: getattr(instrument, name) for name in cls.model_fields if name not in constants}
        return cls(**facts | {"calendar": hours_version(instrument.calendar)}, **constants)


class DayRange(Document):
    """Calendar days of a window, both ends included."""

    first: date
    last: date

    @classmethod
    def of(cls, days: Sequence[date]) -> DayRange:
        return cls(first=min(days), last=max(days))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class WindowDays(Document):
    train: DayRange
    validation: DayRange
    test: DayRange

    def plain(self) -> Windows:
        """Their lengths."""
        return Windows(self.train.days, self.validation.days, self.test.days)


class CalibrationNumbers(Document):
    temperature: float
    bias_short: float
    bias_long: float

    @classmethod
    def of(cls, calibration: Calibration) -> CalibrationNumbers:
        return cls(**calibration._asdict())

    def plain(self) -> Calibration:
        return Calibration(self.temperature, self.bias_short, self.bias_long)


class FeedLimitNumbers(Document):
    reason: str
    feature: str
    is_upper: bool
    limit: float

    def plain(self) -> FeedLimit:
        return FeedLimit(self.reason, self.feature, self.is_upper, self.limit)


class ThresholdNumbers(Document):
    act: float
    anomaly: float
    feed: tuple[FeedLimitNumbers, ...]

    @classmethod
    def of(cls, thresholds: Thresholds) -> ThresholdNumbers:
        feed = tuple(FeedLimitNumbers(**limit._asdict()) for limit in thresholds.feed)
        return cls(act=thresholds.act, anomaly=thresholds.anomaly, feed=feed)

    def plain(self) -> Thresholds:
        return Thresholds(self.act, self.anomaly, tuple(limit.plain() for limit in self.feed))


class SampleSizes(Document):
    """Rows, and what overlapping labels leave of them (sum of uniqueness)."""

    train_events: int
    train_effective: float
    validation_events: int
    validation_effective: float


class BundleManifest(Document):
    """Everything about a bundle but its gates, which are known later (`GateRecord`)."""

    schema_version: int = SCHEMA_VERSION
    symbol: str
    as_of: date
    code: str = CODE
    """Who made it, to be said where it does not fit."""
    kernel_version: str
    cleaning_rules: str
    """Of the quotes that events were found in (`core.quotes.RULES_VERSION`)."""
    label_version: str
    """Of the outcomes that it was trained on (`core.label_version`)."""
    features: tuple[str, ...]
    windows: WindowDays
    dataset: dict[str, str]
    """Identity of the frozen dataset: version, digest, label version, Iceberg snapshot ids."""
    order: OrderRules
    calibration: CalibrationNumbers
    thresholds: ThresholdNumbers
    samples: SampleSizes
    parameters: dict[str, float]
    """Hyper-parameters of the pattern model."""
    members: dict[str, str] = Field(default_factory=dict)
    """sha256 by member name; `build_bundle` fills it in."""


class LedgerState(Document):
    """The trial ledger as a judgement found it: how far it reached, and of how many trials the result is the best."""

    since: str
    """When its history begins, ISO; what was tried before is not counted."""
    entries: int
    sha256: str
    """Of the last entry, which names all before it."""
    here: int
    """Chains that could be made of these test days."""
    elsewhere: int
    """Periods of that length that were looked at in other symbols, by other recipes, or on days that are left out."""

    @property
    def total(self) -> int:
        return self.here + self.elsewhere


class RiskPoint(Document):
    """The least strange share of the tested events, each judged by the order that it would have been."""

    model_config = ConfigDict(use_attribute_docstrings=True)  # an endpoint answers with it

    coverage: float
    """Share of the events."""
    orders: int
    """Their orders that were entered."""
    net_pips: float
    """Summed."""


class ActedRisk(Document):
    """What the test days say of the signals that were acted on: what live ones are compared with."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    acted: float
    """Share of events that asked for an order and abstained from nothing."""
    trades: int
    """Of the own fold's test days."""
    hit_rate: float | None
    """Share of the trades that earned; None without trades."""
    mean_net_pips: float | None
    """Of a trade."""
    curve: tuple[RiskPoint, ...]
    """Coverage against result."""


class GateRecord(Document):
    """The gates' judgement of one bundle."""

    schema_version: int = SCHEMA_VERSION
    bundle: str
    """Digest of the bundle that was tested."""
    symbol: str
    costs: str
    """Version of the costs that the bundle was tested with (`core.broker.Costs.version`)."""
    card: str
    """sha256 of the model card with this verdict."""
    report: GateReport
    ledger: LedgerState
    tested: ActedRisk | None = None
    """None where whoever judged told nothing of the trades."""
