"""The expert's source, compiled as C++ and run: bit for bit what the endpoint's own code says of the same ticks."""

from __future__ import annotations

import subprocess
from datetime import date
from math import inf, nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.features import advance, empty_events, new_state
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, OrderOutcomes, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide
from ticklake_assets.modeling.deployed.expert.export import expert_files
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets_tests.modeling.deployed.expert.bundles import Answered, bundle_of, expires_us
from ticklake_assets_tests.modeling.deployed.expert.compiling import compiled, needs_compiler, write_sources
from ticklake_assets_tests.serving.recorded_day import RecordedDay, real_day, record_day

pytestmark = needs_compiler


class Ours(NamedTuple):
    """What our code makes of a day."""

    codes: Any
    events: DayFeatures
    quotes: Quotes


def _ours(day: SymbolDay, ticks: RawColumns) -> Ours:
    """Tick by tick, as the endpoint takes them."""
    state, seen = rule_kernel.new_state()
    columns = ticks.for_the_kernel()
    codes = np.empty(len(ticks.ts_us), np.int8)
    rest = np.empty(len(codes), np.bool_), np.empty(len(codes), np.int64)
    rule_kernel.judge_columns(state, seen, day.start_us, day.end_us, *columns, codes, *rest)
    kept = columns.at(np.flatnonzero(codes == rule_kernel.KEPT))
    sizes = (
        np.where(kept.missing & flag, 0.0, size)
        for flag, size in ((rule_kernel.NO_BID_SIZE, kept.bid_size), (rule_kernel.NO_ASK_SIZE, kept.ask_size))
    )
    quotes = Quotes(kept.ts_us, kept.bid, kept.ask, *sizes).for_kernels()
    found, kernel = empty_events(len(quotes.ts_us)), new_state()
    return Ours(codes, found.head(advance(kernel, day.start_us, *quotes, *found)), quotes)


def _program(bundle: Bundle, folder: Path) -> Path:
    write_sources(expert_files(bundle, tradable=True, expires_us=expires_us(bundle)), folder)
    made = compiled('#include "mql5.h"\n#include "kernel.h"\n', folder)
    assert made.returncode == 0, made.stderr
    return folder / "program"


class Theirs(NamedTuple):
    codes: Floats
    events: Floats
    decisions: Floats
    abstain: list[str]


def _run(program: Path, day: SymbolDay, ticks: RawColumns, answers: Floats) -> Theirs:
    columns = ticks.for_the_kernel()
    numbers = [np.array([len(ticks.ts_us), day.start_us, len(answers)]), *columns[:5]]
    numbers += [columns.missing.astype(np.int64), answers]
    told = b"".join(np.ascontiguousarray(each).tobytes() for each in numbers)
    done = subprocess.run([str(program)], input=told, capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    values = np.frombuffer(done.stdout, np.float64)
    codes, values = values[: len(ticks.ts_us)], values[len(ticks.ts_us) :]
    count, values = int(values[0]), values[1:]
    width = 6 + 39
    events, values = values[: count * width].reshape(count, width), values[count * width :]
    return Theirs(codes, events, values.reshape(-1, 20), done.stderr.decode().splitlines())


def _bits(values: Any) -> list[int]:
    return np.ascontiguousarray(values, dtype=np.float64).ravel().view(np.int64).tolist()


def _expect_same(recorded: RecordedDay, folder: Path, *, least_events: int) -> None:
    day, ticks = recorded.day, recorded.columns()
    bundle = bundle_of(folder, day, anomaly=3.0, gap=1.0)
    ours = _ours(day, ticks)
    count = len(ours.events.ts_us)
    assert count >= least_events
    answers = np.random.default_rng(5).dirichlet((1.0, 1.0, 1.0), count).astype(np.float32).astype(np.float64)
    answers[0] = nan
    answers[1] = 0.4, 0.2, 0.4  # a tie
    theirs = _run(_program(bundle, folder), day, ticks, answers)
    assert np.array_equal(theirs.codes, ours.codes)
    assert theirs.events[:, 0].tolist() == ours.events.ts_us.tolist()
    assert _bits(theirs.events[:, 1:6]) == _bits(ours.events.context)
    assert _bits(theirs.events[:, 6:]) == _bits(ours.events.features)

    scorer = bundle.scorer()
    scorer = Scorer(
        Answered(answers),  # type: ignore[arg-type]
        scorer.calibration,
        scorer.anomaly,
        scorer.feed,
    )
    reasons: set[str] = set()
    for at in range(count):
        said = scorer.score(ours.events.features[at])
        event = MarketEvent.at(int(ours.events.ts_us[at]), ours.events.context[at], bundle.instrument)
        made = decide(event, said, bundle.thresholds, bundle.instrument)
        their = theirs.decisions[at]
        if at:
            assert _bits(their[1:5]) == _bits([said.p_short, said.p_neither, said.p_long, said.anomaly])
        expected = made.side, made.earliest_entry_us, made.stop, made.target, made.horizon_end_us
        assert _bits(their[5:10]) == _bits(expected)
        assert theirs.abstain[at].split(",")[:-1] == list(made.abstain)
        reasons |= {*made.abstain}
    assert {"not_finite", "out_of_distribution", "feed_stale", "feed_rate_low"} <= reasons
    labels = label_day(day, ours.quotes, ours.events, bundle.instrument)
    for start, outcomes in ((10, labels.long), (15, labels.short)):
        _expect_outcomes(theirs.decisions[:, start : start + 5], outcomes)


def _expect_outcomes(their: Floats, ours: OrderOutcomes) -> None:
    entered = ours.outcome != 0
    assert their[:, 0].tolist() == ours.outcome.tolist()
    assert their[:, 1].tolist() == ours.entry_us.tolist()
    assert their[:, 3].tolist() == ours.exit_us.tolist()
    assert _bits(their[entered, 2]) == _bits(ours.entry[entered])
    assert _bits(their[entered, 4]) == _bits(ours.exit[entered])


def test_a_dirty_synthetic_day_gives_the_same_bits(tmp_path: Path) -> None:
    recorded = record_day(tmp_path, ticks=6000)
    assert len(recorded.by_rule) > 3
    _expect_same(recorded, tmp_path, least_events=100)


def test_a_real_day_gives_the_same_bits(tmp_path: Path, shared_data: Path) -> None:
    _expect_same(real_day(tmp_path, shared_data), tmp_path, least_events=50)


def test_any_stream_is_judged_the_same(tmp_path: Path) -> None:
    """Few prices, sizes and times, so that every rule meets its bounds; values of every kind among them."""
    day = SymbolDay("EURUSD", date(2024, 1, 17))
    program = _program(bundle_of(tmp_path, day, anomaly=3.0, gap=1.0), tmp_path)
    met: set[int] = set()
    for seed in range(8):
        rng, count = np.random.default_rng(seed), 4000
        steps = rng.choice([-1000, 0, 0, 0, 1000, 60_000_000], count, p=(0.02, 0.3, 0.2, 0.1, 0.33, 0.05))
        steps[::500] += 600_000_000
        ts = day.start_us + np.cumsum(steps) - np.where(rng.random(count) < 0.003, MICROS_PER_DAY, 0)
        odd = [0.0, -1.0, nan, inf, 1e308, 5e-324]
        level = 1.1 + 0.001 * np.cumsum(rng.choice([-1, 0, 1], count, p=(0.05, 0.9, 0.05)))
        level *= rng.choice([1.0, 1.006, 1.11, 0.5], count, p=(0.96, 0.02, 0.01, 0.01))
        bid, ask = level.copy(), level + rng.choice([0.0, 1e-4, -1e-4], count, p=(0.3, 0.68, 0.02))
        sizes = rng.choice([0.0, 1.0, 2.0, 1e9, 3e9], (2, count), p=(0.1, 0.5, 0.3, 0.05, 0.05))
        for column in (bid, ask, *sizes):
            at = rng.random(count) < 0.004
            column[at] = rng.choice(odd, at.sum())
        missing = rng.choice([0, 8, 16, 24, 1, 2, 4], count, p=(0.7, 0.1, 0.05, 0.12, 0.01, 0.01, 0.01))
        if seed % 2:  # long runs of one quote, with sizes
            still = np.repeat(rng.random(count // 20) < 0.5, 20)
            bid[still], ask[still], missing[still], sizes[:, still] = 1.1, 1.1001, 0, 1.0
        ticks = RawColumns(ts, bid, ask, *sizes, missing.astype(np.uint8))
        ours, theirs = _ours(day, ticks), _run(program, day, ticks, np.empty((0, 3)))
        assert np.array_equal(theirs.codes, ours.codes)
        assert _bits(theirs.events[:, 1:6]) == _bits(ours.events.context)
        assert _bits(theirs.events[:, 6:]) == _bits(ours.events.features)
        met |= set(ours.codes.tolist())
    assert met == {*range(9), rule_kernel.LATE}
