"""A dirty day through a real endpoint, with broken connections and restarts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mt5_bridge.errors import ConnectionLost, EndpointError, FeedError
from mt5_bridge.replay.replay import Replay, run_replay
from mt5_bridge.replay.session import Session
from mt5_bridge.replay.summary import Summary
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Fate
from mt5_bridge.wire.client import EndpointClient
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.deployed.admission import open_deployment
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide
from ticklake_assets.modeling.deployed.signing import public_key
from ticklake_assets.modeling.trading.simulation import POSITION_OPEN, simulate_day
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint, scored_endpoint

_TIMES = {"p50_ms", "p99_ms", "seconds", "ticks_per_second"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def _plan(recorded: RecordedDay, journal: Path) -> Replay:
    return Replay(recorded.csv, recorded.day.symbol, recorded.day.trading_day, journal, pause_seconds=0.01)


def _replay(recorded: RecordedDay, client: EndpointClient, journal: Path) -> Summary:
    return run_replay(_plan(recorded, journal), client, lambda done, total: None)


def _numbers(summary: Summary) -> dict[str, object]:
    return summary.model_dump(exclude=_TIMES)


def test_every_tick_is_accounted_for_and_every_signal_too(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []
    plan = _plan(recorded, tmp_path)
    summary = run_replay(plan, endpoint.client, lambda done, total: steps.append((done, total)))
    assert summary.ticks == len(recorded.ticks)
    assert steps == [(done, summary.ticks) for done in range(1, summary.ticks + 1)]
    assert summary.quarantined == recorded.by_rule
    assert summary.clean == len(recorded.quotes.ts_us)
    assert summary.signals == summary.tradable_signals == len(recorded.features.ts_us)
    assert summary.intents == summary.orders > 10
    assert summary.signals == summary.intents + sum(summary.passed_over.values())
    assert summary.trades + summary.outcomes.get("no_entry", 0) == summary.orders
    assert summary.fills == 2 * summary.trades
    assert (summary.open_positions, summary.late) == (0, 0)
    assert 0 < summary.p50_ms <= summary.p99_ms


def test_the_bridge_trades_what_the_simulator_trades(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """Law 5: the same bundle, tick by tick through sockets and in the simulator of the test stage."""
    _replay(recorded, endpoint.client, tmp_path)
    instrument, keys = instrument_of("SYNEUR"), endpoint.settings.keys_dir
    bundle = open_deployment(make_deployment(keys, "SYNEUR"), public_key(keys)).bundle
    events = recorded.features
    decisions = [
        decide(MarketEvent.at(int(ts), context, instrument), prediction, bundle.thresholds, instrument)
        for ts, context, prediction in zip(
            events.ts_us, events.context, bundle.scorer().score_rows(events.features), strict=True
        )
    ]
    simulated = simulate_day(recorded.day, recorded.quotes, decisions, instrument)
    session = Session.of("SYNEUR", recorded.day.trading_day, recorded.csv, bundle.digest)
    with session.journal_log(tmp_path) as log:
        entries = list(Journal(log).entries.values())
    declined = [entry.intent.ts_us for entry in entries if entry.fate is Fate.DECLINED]
    assert declined == [ts for ts, reason in simulated.refused if reason == POSITION_OPEN]
    trades = [(entry.intent.ts_us, entry.position) for entry in entries if entry.position is not None]
    assert len(trades) == len(simulated.trades) > 10
    for (signal_us, position), trade in zip(trades, simulated.trades, strict=True):
        assert position.exit is not None
        assert signal_us == trade.signal_us
        assert (position.entry.ts_us, position.entry.price) == (trade.entry_us, trade.entry)
        assert (position.exit.ts_us, position.exit.price) == (trade.exit_us, trade.exit)
        assert position.outcome == ("target", "stop", "time", "day_end")[trade.outcome - 1]
        assert position.net == trade.net


def test_a_second_run_with_the_same_journal_sends_nothing_again(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    first = _replay(recorded, endpoint.client, tmp_path)
    again = _replay(recorded, endpoint.client, tmp_path)
    assert again.passed_over == {"decided_before": first.signals}
    assert _numbers(again) | {"passed_over": None} == _numbers(first) | {"passed_over": None}


def test_a_later_day_in_the_journal_changes_nothing_for_an_earlier_one(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    earlier = record_day(tmp_path / "landing", recorded.day.shifted(-1))
    fresh = _replay(earlier, endpoint.client, tmp_path / "fresh")
    later = _replay(recorded, endpoint.client, tmp_path / "journal")
    assert _numbers(_replay(earlier, endpoint.client, tmp_path / "journal")) == _numbers(fresh)
    again = _numbers(_replay(recorded, endpoint.client, tmp_path / "journal"))
    assert again == _numbers(later) | {"passed_over": {"decided_before": later.signals}}
    assert fresh.trades > 10


def test_another_bundle_and_another_file_start_afresh(tmp_path: Path) -> None:
    recorded = record_day(tmp_path / "landing", ticks=600)  # eight times over
    corrected = replace(recorded, csv=tmp_path / "corrected.csv")
    corrected.csv.write_bytes(recorded.csv.read_bytes().rpartition(b"\n2024")[0] + b"\n")
    with running_endpoint(tmp_path / "home") as endpoint:
        numbers = []
        for seed in (1, 2):
            bundle = make_deployment(
                endpoint.settings.keys_dir, "SYNEUR", seed=seed, as_of=date(2024, 1, seed)
            )
            assert endpoint.push(bundle).is_success
            for day in (recorded, corrected):
                shared = _replay(day, endpoint.client, tmp_path / "journal")
                fresh = _replay(day, endpoint.client, tmp_path / f"{seed}-{day.csv.name}")
                assert _numbers(shared) == _numbers(fresh)
                numbers.append(_numbers(shared))
    assert all(each["trades"] for each in numbers)
    assert numbers[0] != numbers[2], "the bundles trade alike"


def test_a_model_that_comes_into_service_midway_ends_the_replay(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    """Half a day under each would be a session of neither; replayed again, it is one of the new model."""
    with running_endpoint(tmp_path / "home") as endpoint:
        keys = endpoint.settings.keys_dir
        endpoint.push(make_deployment(keys, "SYNEUR", seed=1))

        def push_midway(done: int, total: int) -> None:
            if done == total // 2:
                endpoint.push(make_deployment(keys, "SYNEUR", seed=2))

        with pytest.raises(EndpointError, match=r"Another model came into service.*: replay the day again"):
            run_replay(_plan(recorded, tmp_path / "journal"), endpoint.client, push_midway)
        again = _replay(recorded, endpoint.client, tmp_path / "journal")
        assert _numbers(again) == _numbers(_replay(recorded, endpoint.client, tmp_path / "fresh"))


def test_a_replay_that_died_is_finished_by_the_next(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    whole = _replay(recorded, endpoint.client, tmp_path / "whole")

    def die(done: int, total: int) -> None:
        if done == total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_replay(_plan(recorded, tmp_path / "died"), endpoint.client, die)
    finished = _replay(recorded, endpoint.client, tmp_path / "died")
    assert 0 < finished.passed_over.pop("decided_before") < whole.signals
    assert _numbers(finished) | {"passed_over": None} == _numbers(whole) | {"passed_over": None}


def test_a_file_of_another_day_is_refused_before_anything_is_sent(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    plan = replace(_plan(recorded, tmp_path / "journal"), trading_day=date(2024, 1, 16))
    with pytest.raises(FeedError, match="holds another day's rows"):
        run_replay(plan, endpoint.client, lambda done, total: None)
    assert not (tmp_path / "journal").exists()


def test_a_broken_connection_changes_nothing(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    whole = _replay(recorded, endpoint.client, tmp_path / "whole")
    with _breaking_proxy(endpoint.url, after_bytes=[20_000, 60_000, 90_000]) as url:
        client = EndpointClient(url, endpoint.token)
        broken = _replay(recorded, client, tmp_path / "broken")
    assert _numbers(broken) == _numbers(whole)


def test_an_endpoint_that_comes_back_without_its_state_is_shown_the_day_again(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """The day's state is rebuilt by replaying, the model is reloaded from disk, no intent is repeated."""
    whole = _replay(recorded, endpoint.client, tmp_path / "whole")
    second: list[threading.Thread] = []
    finished = threading.Event()
    with running_endpoint(tmp_path / "home") as first:
        first.push(make_deployment(first.settings.keys_dir, "SYNEUR"))

        def restart_midway(done: int, total: int) -> None:
            if done == total // 2 and not second:
                first.server.should_exit = True
                second.append(
                    threading.Thread(target=_serve_after, args=(first, tmp_path / "home", finished))
                )
                second[0].start()

        plan = replace(_plan(recorded, tmp_path / "journal"), pause_seconds=0.2)
        summary = run_replay(plan, first.client, restart_midway)
        finished.set()
        second[0].join(30)
    # The keys differ from home to home, the models and so the signals do not.
    assert _numbers(summary) == _numbers(whole)


def _serve_after(first: RunningEndpoint, home: Path, finished: threading.Event) -> None:
    """Take the first endpoint's place, as a restarted process would."""
    while first.thread.is_alive():
        finished.wait(0.01)
    with running_endpoint(home, int(first.url.rsplit(":", 1)[1])):
        finished.wait(60)


def test_an_endpoint_that_stays_away_is_an_error(
    recorded: RecordedDay, endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    with (
        _breaking_proxy(endpoint.url, after_bytes=[3_000] * 20) as url,
        pytest.raises(ConnectionLost, match="closed the stream"),
    ):
        _replay(recorded, EndpointClient(url, endpoint.token), tmp_path)


@contextmanager
def _breaking_proxy(url: str, after_bytes: list[int]) -> Iterator[str]:
    """Forward to `url`; each connection is cut after so many bytes of the client's, the rest is not."""
    host, port = url.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))
    budgets = [10**9, *after_bytes]  # the first connection asks for the symbol's facts
    open_sockets: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket, budget: int) -> None:
        with suppress(OSError):
            while budget > 0 and (data := source.recv(4096)):
                budget -= len(data)
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.create_connection((host, int(port)))
            open_sockets.extend((client, upstream))
            budget = budgets.pop(0) if budgets else 10**9
            threading.Thread(target=pump, args=(client, upstream, budget), daemon=True).start()
            threading.Thread(target=pump, args=(upstream, client, 10**9), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for each in open_sockets:
            each.close()
