"""model.mqh: every constant of the rules, and every number of one bundle. Nothing is written down twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import ModuleType
from zlib import crc32

from ticklake_assets.core import feature_kernel, labels, orders, rule_kernel
from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed import anomaly, calibration, decision
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.expert.clock_changes import clock_changes, first_offset_hours
from ticklake_assets.modeling.deployed.expert.digests import digest_of
from ticklake_assets.modeling.deployed.expert.literals import constant, grid, table

_RULES = (
    *(
        "LEAST_PRECEDING",
        "SPIKE_SHARE",
        "SPIKE_SPREADS",
        "SPIKE_RANGES",
        "LEAP_SHARE",
        "KEPT",
        "MISSING_FIELD",
    ),
    *("NON_FINITE", "WRONG_DAY", "NON_POSITIVE", "CROSSED", "DUPLICATE", "SPIKE", "STALE_RUN", "LATE"),
    *("NO_TIME", "NO_BID", "NO_ASK", "NO_BID_SIZE", "NO_ASK_SIZE", "_NOT_DELIVERED"),
)
_KERNEL = ("WARM_UP_MS", "SAMPLE_MS", "SIGMA_THRESHOLD", "SPREAD_THRESHOLD", "LEAST_SIGMA", "LARGEST_SIZE")
_LABELS = ("CHEAP_SPREAD_SIGMAS", "WIDTH_SIGMAS", "WIDTH_SPREADS")
_OUTCOMES = {
    "NO_ENTRY": orders.NO_ENTRY,
    "BY_TARGET": orders.TARGET,
    "BY_STOP": orders.STOP,
    "BY_TIME": orders.TIME,
    "BY_DAY_END": orders.DAY_END,
}


def model_source(bundle: Bundle, *, tradable: bool, expires_us: int, has_label: bool) -> str:
    """The text of model.mqh."""
    model = AnomalyModel.from_json(bundle.parts.anomaly_json)
    sections = (
        ("The model", _identity(bundle, tradable=tradable, expires_us=expires_us, has_label=has_label)),
        ("Cleaning rules", (f"#define LOOKBACK {rule_kernel.LOOKBACK}", *_named(rule_kernel, _RULES))),
        ("Events and features", _features()),
        ("Orders", _orders(bundle)),
        ("Calibration and thresholds", _decision(bundle)),
        ("Anomaly model", _anomaly(model, bundle)),
        ("Times", _times(bundle, expires_us)),
    )
    parts = [f"// {title}\n" + "\n".join(lines) for title, lines in sections]
    head = "// Every number of the rules and of one model, written by ticklake: change none."
    return "\n\n".join((head, "#ifndef TICKLAKE_MODEL\n#define TICKLAKE_MODEL", *parts, "#endif")) + "\n"


def _identity(bundle: Bundle, *, tradable: bool, expires_us: int, has_label: bool) -> Iterator[str]:
    yield constant("string", "MODEL_SYMBOL", bundle.instrument.symbol)
    yield constant("string", "MODEL_DIGEST", bundle.digest)
    yield constant("long", "MODEL_MAGIC", int(bundle.digest[:15], 16), "of all orders of this model")
    yield constant("int", "MODEL_DIGITS", bundle.instrument.digits)
    yield constant("bool", "MODEL_IS_TRADABLE", tradable, "whether the gates passed it")
    yield constant("bool", "MODEL_HAS_LABEL", has_label, "whether the ONNX file answers with a label first")
    yield constant("long", "EXPIRES_US", expires_us, "epoch microseconds UTC: it abstains from then on")


def _features() -> Iterator[str]:
    taus = feature_kernel._TAU_MS
    yield f"#define FEATURES {len(feature_kernel.BUILT_IN)}"
    yield f"#define TAUS {len(taus)}"
    yield table("double", "TAU_MS", "TAUS", taus)
    yield constant("double", "MINUTE_MS", feature_kernel._MINUTE)
    yield from _named(feature_kernel, _KERNEL)


def _orders(bundle: Bundle) -> Iterator[str]:
    instrument = bundle.instrument
    latency = instrument.costs.latency_ms
    least = float(max(instrument.stops_level_points, 1))
    yield constant("int", "LONG_SIDE", orders.LONG)
    yield constant("int", "SHORT_SIDE", orders.SHORT)
    yield constant("int", "NO_SIDE", decision.NO_SIDE)
    for name, value in _OUTCOMES.items():
        yield constant("int", name, value)
    told = [name.removeprefix("BY_").replace("_", " ").lower() for name in _OUTCOMES]
    yield table("string", "OUTCOME_NAMES", str(len(told)), told)
    yield constant("double", "DECIMAL_FACTOR", float(instrument.decimal_factor), "points of one price unit")
    yield constant(
        "double", "TICK_POINTS", float(instrument.tick_points), "points of the smallest price step"
    )
    yield constant("double", "LEAST_POINTS", least, "least distance of stop and target")
    yield constant("double", "FLOAT_NOISE_POINTS", orders._FLOAT_NOISE_POINTS)
    yield constant("long", "MINUTE_US", labels._MINUTE_US)
    yield constant("long", "LONG_HORIZON_US", labels.LONG_HORIZON_MIN * labels._MINUTE_US)
    yield constant("long", "SHORT_HORIZON_US", labels.SHORT_HORIZON_MIN * labels._MINUTE_US)
    yield from _named(labels, _LABELS)
    yield constant("ulong", "SYMBOL_CRC32", crc32(instrument.symbol.encode()))
    yield f"#define LATENCIES {len(latency)}"
    yield table("int", "LATENCY_MS", "LATENCIES", latency)


def _decision(bundle: Bundle) -> Iterator[str]:
    limits, features = bundle.thresholds.feed, bundle.manifest.features
    calibrated = bundle.manifest.calibration
    yield constant("double", "SMALLEST", calibration._SMALLEST)
    yield constant("double", "TEMPERATURE", calibrated.temperature)
    yield constant("double", "BIAS_SHORT", calibrated.bias_short)
    yield constant("double", "BIAS_LONG", calibrated.bias_long)
    yield constant("double", "ACT_THRESHOLD", bundle.thresholds.act, "2: it chose not to trade")
    yield constant("double", "ANOMALY_THRESHOLD", bundle.thresholds.anomaly)
    yield f"#define FEED_LIMITS {len(limits)}"
    size = str(max(len(limits), 1))
    yield table("int", "FEED_FEATURE", size, [features.index(limit.feature) for limit in limits] or [0])
    yield table("bool", "FEED_IS_UPPER", size, [limit.is_upper for limit in limits] or [False])
    yield table("double", "FEED_LIMIT", size, [limit.limit for limit in limits] or [0.0])
    yield table("string", "FEED_REASON", size, [limit.reason for limit in limits])


def _anomaly(model: AnomalyModel, bundle: Bundle) -> Iterator[str]:
    yield f"#define POINTS {anomaly.POINTS}"
    yield table("double", "SCORES", "POINTS", anomaly._SCORES.tolist())
    yield table("double", "SLOPE", "FEATURES", model.slope.tolist())
    yield table("double", "MEAN", "FEATURES", model.mean.tolist())
    yield grid("double", "QUANTILES", "FEATURES][POINTS", model.quantiles.tolist())
    yield grid("double", "PRECISION", "FEATURES][FEATURES", model.precision.tolist())
    yield constant(
        "ulong", "TABLES_DIGEST", digest_of(_checked(model, bundle)), "over the bits of all of these"
    )


def _checked(model: AnomalyModel, bundle: Bundle) -> Iterator[float | Floats]:
    """In the order of checks.mqh."""
    for quantiles, slope, mean, row in zip(
        model.quantiles, model.slope, model.mean, model.precision, strict=True
    ):
        yield from (quantiles, slope, mean, row)
    yield anomaly._SCORES
    yield from bundle.manifest.calibration.plain()
    yield from (bundle.thresholds.act, bundle.thresholds.anomaly)


def _times(bundle: Bundle, expires_us: int) -> Iterator[str]:
    """Whole years: that before the first day of training to that in which the model expires."""
    symbol, first = bundle.instrument.symbol, bundle.manifest.windows.train.first.year - 1
    last = 1970 + expires_us // MICROS_PER_DAY // 365  # no earlier than the year, a year later at most
    days = [SymbolDay(symbol, day) for day in calendar_days(date(first, 1, 1), date(last, 12, 31))]
    ends = [(labels.day_end_us(day, bundle.instrument) - day.start_us) // 1_000_000 for day in days]
    changes = clock_changes()
    yield constant("long", "DAY_US", MICROS_PER_DAY)
    yield constant("long", "HOUR_MS", 3_600_000)
    yield constant(
        "int", "FIRST_OFFSET_HOURS", first_offset_hours(), "New York + 7 h before the first change"
    )
    yield f"#define CLOCK_CHANGES {len(changes)}"
    yield table("long", "CLOCK_CHANGE_WALL_S", "CLOCK_CHANGES", [each.wall_s for each in changes])
    yield table("int", "CLOCK_OFFSET_HOURS", "CLOCK_CHANGES", [each.offset_hours for each in changes])
    yield constant("long", "FIRST_DAY", days[0].start_us // MICROS_PER_DAY, "days since the epoch")
    yield f"#define DAYS {len(days)}"
    yield table("int", "DAY_END_S", "DAYS", ends)


def _named(module: ModuleType, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = vars(module)[name]
        yield constant("int" if isinstance(value, int) else "double", name.lstrip("_"), value)
