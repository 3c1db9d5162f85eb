"""golden.mqh: the bundle's golden ticks, which must make the same features inside the terminal."""

from __future__ import annotations

from math import isfinite

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.expert.digests import digest_of
from ticklake_assets.modeling.deployed.expert.literals import constant, table


def golden_source(bundle: Bundle) -> str:
    """The text of golden.mqh."""
    day = SymbolDay(bundle.instrument.symbol, bundle.golden.trading_day)
    ticks = [tick for tick in bundle.golden.ticks(day) if _can_be_written(tick)]
    events = replay_day(day, ticks)
    missing = [
        (rule_kernel.NO_BID_SIZE if tick[3] is None else 0)
        | (rule_kernel.NO_ASK_SIZE if tick[4] is None else 0)
        for tick in ticks
    ]
    columns = {"US": [(tick[0] or 0) - day.start_us for tick in ticks]}
    lines = [
        "// Ticks of the bundle and what they must give: a self-check, written by ticklake.",
        "#ifndef TICKLAKE_GOLDEN\n#define TICKLAKE_GOLDEN",
        f"#define GOLDEN_TICKS {len(ticks)}",
        constant("long", "GOLDEN_DAY_US", day.start_us),
        constant("int", "GOLDEN_EVENTS", len(events.ts_us)),
        constant("ulong", "GOLDEN_FEATURES_DIGEST", digest_of([events.features])),
        table("long", "GOLDEN_US", "GOLDEN_TICKS", columns["US"]),
        table("int", "GOLDEN_MISSING", "GOLDEN_TICKS", missing),
    ]
    for place, name in enumerate(("BID", "ASK", "BID_SIZE", "ASK_SIZE"), 1):
        values = [float(tick[place] or 0.0) for tick in ticks]
        lines.append(table("double", f"GOLDEN_{name}", "GOLDEN_TICKS", values))
    return "\n".join((*lines, "#endif")) + "\n"


def _can_be_written(tick: RawTick) -> bool:
    """Not those that break the rules by a value that no source can say; they change nothing that comes after."""
    return None not in tick[:3] and all(value is None or isfinite(value) for value in tick)
