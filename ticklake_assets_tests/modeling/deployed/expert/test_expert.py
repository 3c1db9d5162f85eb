"""The Expert Advisor, compiled as C++ and run in a terminal that follows a script."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.tables import DayFeatures, Floats, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide
from ticklake_assets.modeling.deployed.expert.export import expert_files
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets_tests.modeling.deployed.expert.bundles import Answered, bundle_of, expires_us
from ticklake_assets_tests.modeling.deployed.expert.compiling import (
    as_cpp,
    compiled,
    declared_first,
    needs_compiler,
    write_sources,
)
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day

pytestmark = needs_compiler


class Built(NamedTuple):
    recorded: RecordedDay
    bundle: Bundle
    quotes: Quotes
    """What the rules keep of a broker's feed, which has no sizes."""
    events: DayFeatures
    answers: Floats
    program: Path
    script: str


def _source(files: dict[str, bytes], symbol: str) -> str:
    text = declared_first(as_cpp(files[f"ticklake_{symbol}.mq5"].decode()))
    facts = f'const string _Symbol = "{symbol}.x";\nconst int _Digits = 5;\n'
    return f'#include "mql5.h"\n{facts}{text}\n#include "terminal.h"\n'


def _wall_ms(ts_us: int) -> int:
    moment = datetime.fromtimestamp(ts_us // 1_000_000, UTC)
    offset = BrokerClock.parse(MOST_BROKERS).offset(moment).utcoffset(None)
    return ts_us // 1000 + int(offset.total_seconds()) * 1000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("expert")
    recorded = record_day(folder, ticks=4000)
    day = recorded.day
    raw = [
        (tick.ts_us, tick.bid, tick.ask, None, None)
        for tick in recorded.ticks
        if None not in (tick.ts_us, tick.bid, tick.ask) and tick.ts_us >= day.start_us
    ]
    for at in range(1, len(raw), 5):  # several quotes of one time
        raw[at] = (raw[at - 1][0], *raw[at][1:])
    quotes = clean_day_live(day, raw)
    events = features_of_day(day, quotes)
    bundle = bundle_of(folder, day, anomaly=1e9, gap=120.0)
    answers = np.random.default_rng(7).dirichlet((1.0, 1.0, 1.0), len(events.ts_us)).astype(np.float32)
    files = expert_files(bundle, tradable=False, expires_us=expires_us(bundle))
    write_sources(files, folder)
    made = compiled(_source(files, day.symbol), folder)
    assert made.returncode == 0, made.stderr
    # A tick of the day before: without one nothing says that the day was seen from its beginning.
    rows = [(day.start_us - 60_000_000, 1.1, 1.1001), *(tick[:3] for tick in raw)]
    lines = [f"{_wall_ms(ts)} {bid!r} {ask!r} 1" for ts, bid, ask in rows]
    told = "\n".join((str(len(lines)), *lines, *(repr(float(value)) for value in answers.ravel())))
    return Built(recorded, bundle, quotes, events, answers.astype(np.float64), folder / "program", told)


def _run(built: Built, script: str, code: int = 0, **environment: str) -> tuple[list[list[str]], str]:
    done = subprocess.run(
        [str(built.program)],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == code, done.stderr[-2000:]
    return [line.split() for line in done.stdout.splitlines()], done.stderr


def _trades(told: list[list[str]]) -> list[tuple[object, ...]]:
    """Entry time, side, prices, stop and target, exit time, exit."""
    orders = [line for line in told if line[0] != "row"]
    found = []
    for entry, leave in zip(orders[::2], orders[1::2], strict=True):
        assert (entry[0], leave[0]) == ("entry", "exit")
        side = 1 if entry[2] == "0" else -1
        assert leave[2] == ("1" if side == 1 else "0")
        price, stop, target = map(float.fromhex, entry[4:])
        found.append((int(entry[1]), side, price, stop, target, int(leave[1]), float.fromhex(leave[4])))
    return found


def test_a_day_in_the_terminal_trades_as_the_simulator(built: Built) -> None:
    told, _ = _run(built, built.script)
    plain = built.bundle.scorer()
    scorer = Scorer(Answered(built.answers), plain.calibration, plain.anomaly, plain.feed)  # type: ignore[arg-type]
    instrument, thresholds = built.bundle.instrument, built.bundle.thresholds
    decisions = [
        decide(MarketEvent.at(ts, context, instrument), scorer.score(features), thresholds, instrument)
        for ts, context, features in zip(
            built.events.ts_us.tolist(), built.events.context, built.events.features, strict=True
        )
    ]
    by_time = {decision.ts_us: decision for decision in decisions}
    run = simulate_day(built.recorded.day, built.quotes, decisions, instrument)
    assert len(run.trades) > 10
    assert {trade.outcome for trade in run.trades} >= {1, 2}
    assert _trades(told) == [
        (
            _wall_ms(trade.entry_us),
            trade.side,
            trade.entry,
            by_time[trade.signal_us].stop,
            by_time[trade.signal_us].target,
            _wall_ms(trade.exit_us),
            trade.exit,
        )
        for trade in run.trades
    ]


def test_the_model_sees_the_same_rows_however_ticks_are_bundled(built: Built) -> None:
    rows = [line[1:] for line in _run(built, built.script)[0] if line[0] == "row"]
    features = built.events.features.astype(np.float32)
    assert [[float.fromhex(value) for value in row] for row in rows] == features.tolist()
    head, *lines = built.script.split("\n")
    count = int(head)
    called = np.random.default_rng(3).random(count) < 0.3
    called[-1] = True
    some = [line[:-1] + str(int(call)) for line, call in zip(lines, called, strict=False)]
    bundled = "\n".join((head, *some, *lines[count:]))
    assert [line[1:] for line in _run(built, bundled)[0] if line[0] == "row"] == rows


def test_without_a_whole_history_nothing_is_ordered(built: Built) -> None:
    told, said = _run(built, built.script, FAILING_HISTORY="2")
    assert {line[0] for line in told} == {"row"}
    assert "incomplete_day" in said


def test_an_unknown_outcome_blocks_what_comes_after_and_a_refusal_does_not(built: Built) -> None:
    told, said = _run(built, built.script, RETCODE="10012")
    assert sum(line[0] == "entry" for line in told) == 1
    assert "unknown_outcome" in said
    told, said = _run(built, built.script, RETCODE="10016")
    assert sum(line[0] == "entry" for line in told) > 10
    assert "unknown_outcome" not in said


def test_a_model_that_did_not_pass_trades_in_the_tester_alone(built: Built) -> None:
    assert "gates did not pass" in _run(built, built.script, code=1, LIVE="1")[1]


def test_a_broken_copy_is_refused(built: Built, tmp_path: Path) -> None:
    files = expert_files(built.bundle, tradable=True, expires_us=expires_us(built.bundle))
    name = f"ticklake_{built.recorded.day.symbol}.mq5"
    write_sources(files, tmp_path)
    broken = files | {
        name: files[name].replace(b"int code = JudgeTick(Rules,", b"int code = JudgeTick(Wall,")
    }
    assert broken != files
    made = compiled(_source(broken, built.recorded.day.symbol), tmp_path, "-fsyntax-only")
    assert made.returncode != 0
    assert "Wall" in made.stderr


def test_another_number_is_noticed_at_the_start(built: Built, tmp_path: Path) -> None:
    files = expert_files(built.bundle, tradable=True, expires_us=expires_us(built.bundle))
    for name, old, new, said in (
        ("model.mqh", b"{-2.423196195008544,", b"{-2.423196195008543,", "other numbers"),
        ("model.mqh", b"SIGMA_THRESHOLD = 2.0", b"SIGMA_THRESHOLD = 2.1", "other features"),
    ):
        changed = files | {name: files[name].replace(old, new)}
        assert changed != files
        write_sources(changed, tmp_path)
        made = compiled(_source(changed, built.recorded.day.symbol), tmp_path)
        assert made.returncode == 0, made.stderr
        other = built._replace(program=tmp_path / "program")
        assert said in _run(other, built.script, code=1)[1]
