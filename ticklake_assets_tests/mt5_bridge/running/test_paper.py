"""A whole day on paper through a real endpoint: what is lost on the way comes back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mt5_bridge.errors import AccountChanged, JournalError
from mt5_bridge.replay.replay import Replay, run_replay
from mt5_bridge.replay.session import Session
from mt5_bridge.running.events import (
    Answered,
    Back,
    Event,
    EventStream,
    Halted,
    Lost,
    Part,
    Refused,
    Released,
)
from mt5_bridge.running.feed import recorded_sizes
from mt5_bridge.running.kill_switch import switch_off, switch_on
from mt5_bridge.running.opening import open_bridge
from mt5_bridge.running.status import read_status
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import OrderState, Outcome, Position, Quote
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.mt5_bridge.running.days import PAPER, Day, acting, config_of, trade
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.mt5_bridge.running.switchboard import Switchboard
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process, free_port
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import (
    RunningEndpoint,
    bearer,
    running_endpoint,
    scored_endpoint,
)


@pytest.fixture(scope="module")
def whole(quotes: list[Quote], endpoint: RunningEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The day without trouble."""
    return trade(PlayedMarket(quotes=quotes), endpoint.client, tmp_path_factory.mktemp("whole"))


def test_a_day_is_traded_and_told(whole: Day, quotes: list[Quote]) -> None:
    trades = whole.trades()
    assert len(trades) > 5
    assert all(position.exit is not None for position in trades.values())
    assert (whole.ticks, whole.stopped) == (len(quotes), "the recorded market is over")
    assert len(whole.of(Answered)) == len(quotes)
    status = read_status(whole.folder)
    assert (status.state, status.mode, status.account) == (
        "stopped",
        "paper",
        "demo account 7 at Demo",
    )
    told = status.symbols["SYNEUR"]
    assert told.feed.ticks == len(quotes)
    assert sum(told.orders.values()) == len(whole.entries)
    assert told.signals.passed_over["position_open"] > 0
    assert 0 < told.feed.p50_ms <= told.feed.p99_ms


def test_with_the_recordings_sizes_it_trades_what_the_replay_trades(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """So what the simulator of the test stage trades, to the bit (`replay/test_replay.py`)."""
    recorded = record_day(tmp_path / "landing", ticks=400)
    kept = recorded.quotes
    columns = (kept.ts_us, kept.bid, kept.ask, kept.bid_size, kept.ask_size)
    ticks = [Tick(0, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    all_quotes = [Quote(tick.ts_us, n, tick.bid, tick.ask) for n, tick in enumerate(ticks, start=1)]  # type: ignore[arg-type]
    played = PlayedMarket(quotes=all_quotes, sizes={"SYNEUR": recorded_sizes(ticks)})
    day = trade(played, endpoint.client, tmp_path / "account")
    plan = Replay(recorded.csv, "SYNEUR", recorded.day.trading_day, tmp_path / "replay")
    run_replay(plan, endpoint.client, lambda done, total: None)
    bundle = endpoint.client.bundle_in_service("SYNEUR")
    session = Session.of("SYNEUR", recorded.day.trading_day, recorded.csv, bundle)
    with session.journal_log(tmp_path / "replay") as log:
        replayed = Day(tmp_path, entries=Journal(log).entries).trades()

    def plain(trades: dict[str, Position]) -> dict[str, object]:
        """Without the numbers of quotes, of which the replay's dirty ticks take some."""
        fills = {
            name: [fill and (fill.ts_us, fill.price) for fill in (each.entry, each.exit)]
            for name, each in trades.items()
        }
        return {name: (fills[name], each.outcome, each.net) for name, each in trades.items()}

    assert plain(day.trades()) == plain(replayed)
    assert len(replayed) > 10


def test_a_bridge_that_stops_goes_on_where_it_stood(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """The second process shows the day again from its begin, and acts on no tick twice."""
    stopping = Day(tmp_path)
    half = len(quotes) // 2

    def end(shown: int) -> None:
        if shown == half:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trade(PlayedMarket(quotes=quotes, at=end), endpoint.client, tmp_path, stopping)
    again = trade(PlayedMarket(quotes=quotes, shown=half), endpoint.client, tmp_path)
    assert 0 < len(stopping.trades()) < len(again.trades())
    assert again.trades() == whole.trades()
    assert again.ticks < len(quotes) - half + 10, "history is not acted on"


def test_a_paper_account_whose_logs_do_not_belong_together_is_refused(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    shutil.copytree(whole.folder, tmp_path / "account")
    log = tmp_path / "account" / "paper_SYNEUR.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(JournalError, match="Expected the terminal's log to hold the line"):
        trade(PlayedMarket(quotes=quotes), endpoint.client, tmp_path / "account")


def test_an_endpoint_that_is_away_for_a_while(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """What it would have said then is lost, and counted; exits are made without it."""
    with Switchboard(endpoint.url) as board:
        played = PlayedMarket(quotes=quotes, at=acting({80: board.cut, 110: board.connect}))
        day = trade(played, EndpointClient(board.url, endpoint.token), tmp_path)
    (lost,), (back,) = day.of(Lost), day.of(Back)
    assert lost.part is back.part is Part.ENDPOINT
    assert day.passed_over["endpoint_away"] > 0
    before = {name: each for name, each in whole.trades().items() if each.entry.ts_us < lost.ts_us}
    assert {name: each for name, each in day.trades().items() if each.entry.ts_us < lost.ts_us} == before
    assert not [each for each in day.trades().values() if lost.ts_us < each.entry.ts_us < back.ts_us]
    assert [each for each in day.trades().values() if each.entry.ts_us > back.ts_us]
    assert all(each.exit is not None for each in day.trades().values())


def test_an_endpoint_that_is_killed_and_started_again(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """With kill -9: it makes the day again from its journal, and its signals are those of a day without trouble."""
    shutil.copytree(endpoint.settings.keys_dir, tmp_path / "home" / "keys")
    port = free_port()
    with ExitStack() as running:
        process, url = running.enter_context(endpoint_process(tmp_path / "home", port=port))
        deployment = make_deployment(endpoint.settings.keys_dir, "SYNEUR")
        pushed = httpx.post(
            url + "/v1/bundles", content=deployment, headers=bearer(endpoint.token), timeout=60
        )
        assert pushed.is_success

        def kill() -> None:
            process.kill()
            process.wait()

        acts = {80: kill, 81: lambda: running.enter_context(endpoint_process(tmp_path / "home", port=port))}
        played = PlayedMarket(quotes=quotes, at=acting(acts))
        day = trade(played, EndpointClient(url, endpoint.token), tmp_path / "account")
    (lost,), (back,) = day.of(Lost), day.of(Back)
    assert lost.ts_us <= quotes[80].ts_us < back.ts_us <= quotes[83].ts_us
    signals = {
        each.answer.signal.ts_us: each.answer.signal for each in whole.of(Answered) if each.answer.signal
    }
    later = [
        each.answer.signal for each in day.of(Answered) if each.answer.signal and each.ts_us > back.ts_us
    ]
    assert len(later) > 5
    assert all(signal == signals[signal.ts_us] for signal in later)


def test_what_is_open_is_closed_in_time_while_the_endpoint_is_away(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    day = Day(tmp_path)
    with Switchboard(endpoint.url) as board:

        def cut_at_first_position(_: int) -> None:
            if any(entry.fate is OrderState.OPEN for entry in day.entries.values()):
                board.cut()

        played = PlayedMarket(quotes=quotes[:120], at=cut_at_first_position)
        trade(played, EndpointClient(board.url, endpoint.token), tmp_path, day)
    (entry,) = [entry for entry in day.entries.values() if entry.position is not None]
    assert entry.order is not None
    assert entry.position is not None
    assert entry.position.exit is not None
    (lost,) = day.of(Lost)
    due = next(quote.ts_us for quote in quotes if quote.ts_us >= entry.order.end_us)
    assert lost.ts_us <= entry.position.exit.ts_us <= due < quotes[119].ts_us
    assert entry.position.outcome is not Outcome.DAY_END, "not only at the market's end"


def test_a_day_that_was_sealed_meanwhile_is_shown_again(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """The endpoint refuses to go on with it, which coming back alone would not mend."""
    later = [quote._replace(ts_us=quote.ts_us + 7 * 86_400_000_000) for quote in quotes[:140]]
    seal = f"{endpoint.url}/v1/journal/SYNEUR/2024-01-24/seal"

    def seal_and_connect(board: Switchboard) -> None:
        assert httpx.post(seal, headers=bearer(endpoint.token)).json() == {"sealed": True}
        board.connect()

    with Switchboard(endpoint.url) as board:
        acts = {80: board.cut, 85: lambda: seal_and_connect(board)}
        played = PlayedMarket(quotes=later, at=acting(acts))
        day = trade(played, EndpointClient(board.url, endpoint.token), tmp_path)
    assert len(day.of(Lost)) == len(day.of(Back)) == 1
    assert max(each.entry.ts_us for each in day.trades().values()) > day.of(Back)[0].ts_us


def test_an_endpoint_that_forgot_the_day_is_shown_it_again(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    shutil.copytree(endpoint.settings.keys_dir, tmp_path / "home" / "keys")
    with Switchboard(endpoint.url) as board, scored_endpoint(tmp_path / "home") as other:
        played = PlayedMarket(quotes=quotes, at=acting({80: board.cut, 81: lambda: board.connect(other.url)}))
        day = trade(played, EndpointClient(board.url, endpoint.token), tmp_path / "account")
    (lost,), (back,) = day.of(Lost), day.of(Back)
    before = {name: each for name, each in whole.trades().items() if each.entry.ts_us < lost.ts_us}
    assert before.items() <= day.trades().items()
    later = [each for each in day.trades().values() if each.entry.ts_us > back.ts_us]
    assert later
    assert later[-1] in whole.trades().values(), "the same features, as of a day that was never left"


def test_a_terminal_that_is_killed_and_restarted_in_mid_day(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    played = PlayedMarket(quotes=quotes)

    def die_and_come_back(shown: int) -> None:
        if shown in (80, 86):
            played.is_dead = shown == 80

    played.at = die_and_come_back
    day = trade(played, endpoint.client, tmp_path)
    (lost,), (back,) = day.of(Lost), day.of(Back)
    assert lost.part is Part.TERMINAL
    assert lost.reason.endswith("Expected a terminal that is logged in, was error -10004 (No IPC connection)")
    assert back.ts_us > lost.ts_us
    assert played.initialized > 2, "it is asked again"
    assert len(day.trades()) > len(whole.trades()) // 2
    assert day.ticks == len(quotes), "what it did not show then it shows afterwards"


def test_a_terminal_without_its_broker_is_waited_for(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    played = PlayedMarket(quotes=quotes[:100])

    def go_offline(shown: int) -> None:
        if shown in (30, 40):
            played.connected = shown == 40

    played.at = go_offline
    day = trade(played, endpoint.client, tmp_path)
    (lost,) = day.of(Lost)
    assert lost.reason.endswith("connected to its broker, was offline")
    assert len(day.of(Back)) == 1


@pytest.mark.parametrize("change", [{"login": 8}, {"server": "Live"}, {"trade_mode": 2}])
def test_a_terminal_that_was_switched_to_another_account_ends_the_run(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path, change: dict[str, object]
) -> None:
    played = PlayedMarket(quotes=quotes)

    def switch() -> None:
        played.identity = change

    played.at = acting({50: switch})
    day = Day(tmp_path)
    with pytest.raises(AccountChanged, match=r"The terminal was switched. Expected the demo account 7"):
        trade(played, endpoint.client, tmp_path, day)
    assert day.ticks == 50
    status = read_status(tmp_path)
    assert status.state == "stopped"
    assert status.why is not None
    assert "nothing is sent any more" in status.why
    with pytest.raises(JournalError, match="Expected the file of"):
        trade(PlayedMarket(quotes=quotes, identity=change), endpoint.client, tmp_path)


def test_a_model_that_is_swapped_while_it_runs_trades_from_then_on(
    quotes: list[Quote], tmp_path: Path
) -> None:
    with running_endpoint(tmp_path / "home") as endpoint:
        keys = endpoint.settings.keys_dir
        endpoint.push(make_deployment(keys, "SYNEUR", seed=1))
        swap = acting({100: lambda: endpoint.push(make_deployment(keys, "SYNEUR", seed=2))})
        day = trade(PlayedMarket(quotes=quotes, at=swap), endpoint.client, tmp_path / "account")
        digests = [each["digest"] for each in endpoint.get("/v1/models").json()]
    bundles = list(dict.fromkeys(entry.intent.bundle for entry in day.entries.values()))
    assert len(bundles) == 2
    assert bundles[1] == digests[0]
    assert not day.of(Lost)


def test_the_kill_switch_stops_entries_and_not_exits(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    opened = sorted(whole.trades().values(), key=lambda each: each.entry.ts_us)[3]
    at = next(n for n, quote in enumerate(quotes, start=1) if quote.ts_us > opened.entry.ts_us)
    acts: dict[int, Callable[[], object]] = {
        at: lambda: switch_on(tmp_path, "lunch"),
        at + 60: lambda: switch_off(tmp_path),
    }
    played = PlayedMarket(quotes=quotes, at=acting(acts))
    day = trade(played, endpoint.client, tmp_path)
    killed_us, released_us = quotes[at].ts_us, quotes[at + 60].ts_us
    assert not [each for each in day.trades().values() if killed_us < each.entry.ts_us <= released_us]
    assert [each for each in day.trades().values() if each.entry.ts_us > released_us]
    assert opened in day.trades().values(), "it keeps its exit"
    assert {(each.reason, each.detail) for each in day.of(Refused)} == {("killed", "lunch")}
    assert day.passed_over["killed"] == len(day.of(Refused))
    assert len(day.of(Halted)) == len(day.of(Released)) == 1
    declined = [entry for entry in day.entries.values() if entry.reason == "killed"]
    assert {entry.detail for entry in declined} == {"lunch"}


def test_a_signal_that_is_not_fresh_is_passed_over_with_its_reason(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """The terminal's own quote is 10 spreads wide whenever it is asked before sending."""
    played = PlayedMarket(quotes=quotes)
    wide = played.symbol_info_tick

    def widened(symbol: str) -> object:
        tick = wide(symbol)
        tick.ask = tick.bid + 10 * (tick.ask - tick.bid)
        return tick

    played.symbol_info_tick = widened  # type: ignore[method-assign]
    day = trade(played, endpoint.client, tmp_path)
    assert not day.trades()
    assert day.passed_over["spread_wide"] > 5


def test_several_symbols_share_the_account(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    """The other one has no model, so no signals."""
    both = {name: {"broker_name": "EURUSD.m"} for name in ("EURUSD", "SYNEUR")}
    day = trade(PlayedMarket(quotes=quotes), endpoint.client, tmp_path, symbols=both)
    assert day.trades() == whole.trades()
    told = read_status(tmp_path).symbols
    assert [told[name].feed.ticks for name in both] == [len(quotes)] * 2
    assert [told[name].signals.signals > 0 for name in both] == [False, True]


def test_each_day_of_a_recorded_market_is_a_stream(
    quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    day_us = 86_400_000_000
    two = [*quotes[:100], *(quote._replace(ts_us=quote.ts_us + day_us) for quote in quotes[:100])]
    day = trade(PlayedMarket(quotes=two), endpoint.client, tmp_path)
    assert not day.of(Lost)
    assert {each.answer.status for each in day.of(Answered)} == {"clean"}
    times = [each.entry.ts_us for each in day.trades().values()]
    second = [ts_us - day_us for ts_us in times if ts_us > quotes[99].ts_us]
    assert times == [*second, *(ts_us + day_us for ts_us in second)]
    assert len(second) > 3


def test_a_listener_that_fails_changes_nothing(
    whole: Day, quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path
) -> None:
    def fail(event: Event) -> None:
        raise ValueError(event)

    events = EventStream()
    events.subscribe(fail)
    with open_bridge(
        config_of(tmp_path), PAPER, PlayedMarket(quotes=quotes).market, endpoint.client, events
    ) as bridge:
        asyncio.run(bridge.run())
        trades = {name: entry.position for name, entry in bridge.journal.entries.items() if entry.position}
    assert trades == whole.trades()
