"""The pages over folders as bridges write them: by the bridge's own journal, status and kill switch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi import FastAPI

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.risk.facts import EquitySeen, LimitsChanged, fact_record
from mt5_bridge.risk.limits import Limits
from mt5_bridge.running.status import (
    FeedStatus,
    MoneyStatus,
    PositionStatus,
    SignalStatus,
    Status,
    SymbolStatus,
    write_status,
)
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.words import Intent, Order
from serving.pipeline.sources.bridges import Bridges
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

NOW = datetime.now(UTC)


def _status(mode: str = "demo", *, age_s: float = 0.0, state: str = "trading") -> Status:
    feed = FeedStatus(
        ticks=1000,
        not_clean={"spike": 2},
        last_tick=NOW,
        bid=1.1,
        ask=1.2,
        linked=True,
        p50_ms=0.4,
        p99_ms=2.0,
    )
    held = PositionStatus(
        intent_id="0" * 16,
        side="long",
        volume=0.1,
        entry_price=1.15,
        opened=NOW,
        stop=1.1,
        target=1.2,
        profit=-3.5,
    )
    symbol = SymbolStatus(
        feed=feed,
        signals=SignalStatus(signals=3, last_signal=NOW, passed_over={"no_side": 2}, bundle=None),
        positions=[held],
        orders={"open": 1},
        halted=None,
    )
    return Status(
        written=datetime.now(UTC) - timedelta(seconds=age_s),
        market_time=NOW,
        mode=mode,
        dry_run=False,
        account="7 at Broker",
        state=state,
        why=None,
        terminal_connected=True,
        terminal_ahead_seconds=None,
        endpoint_ahead_seconds=None,
        money=MoneyStatus(
            currency="EUR", balance="1000.00", equity="996.50", margin="10.00", free_margin="986.50"
        ),
        symbols={"EURUSD": symbol},
    )


@pytest.fixture
def folder(settings: Settings) -> Path:
    made = settings.home / "bridges" / "alpha"
    made.mkdir(parents=True)
    write_status(made, _status())
    intent = Intent("ab" * 8, "cd" * 8, "e" * 64, "EURUSD", int(NOW.timestamp() * 1e6), "long")
    order = Order(
        intent.intent_id, "EURUSD", "long", intent.ts_us, 1.1, 1.2, intent.ts_us + 1, intent.ts_us + 2
    )
    with ChainedLog(made / JOURNAL_FILE, {"account": "tests"}) as log:
        journal = Journal(log)
        seen = int(NOW.timestamp() * 1e6)
        for fact in (
            LimitsChanged(ts_us=seen, digest=Limits().digest, clock="utc"),
            EquitySeen(ts_us=seen, equity=Decimal("996.50")),
        ):
            journal.fact(fact_record(fact))
        journal.intend(intent, order)
        journal.decline(Intent("ef" * 8, "01" * 8, "e" * 64, "EURUSD", seen, "short"), "killed")
    return made


def test_all_that_a_person_asks_first(signed_in: SignIn, folder: Path) -> None:
    text = signed_in().get("/trading").text
    for said in ("alpha", "DEMO", "trading", "996.50", "7 at Broker", "long 0.10 at 1.15000", "−3.50"):
        assert said in text, said
    assert "Kill every bridge" not in text  # who may not trade is not led there
    assert "Kill every bridge" in signed_in("trade").get("/trading").text


@pytest.mark.parametrize("mode", ["paper", "demo", "live"])
def test_a_mode_is_a_word_and_a_class_of_its_own(signed_in: SignIn, folder: Path, mode: str) -> None:
    write_status(folder, _status(mode))
    assert f'<span class="mode {mode}">{mode.upper()}' in signed_in().get("/trading").text


def test_one_that_says_nothing_any_more_comes_first(signed_in: SignIn, folder: Path) -> None:
    other = folder.parent / "aaa"
    other.mkdir()
    write_status(other, _status("live"))
    write_status(folder, _status(age_s=75))
    text = signed_in().get("/trading-now").text
    assert "not heard of" in text
    assert "1\u00a0min 15" in text
    assert text.index("Bridge alpha") < text.index("Bridge aaa")
    write_status(folder, _status(age_s=75, state="stopped"))
    assert "not heard of" not in signed_in().get("/trading-now").text


def test_a_bridge_with_its_orders_refusals_and_limits(signed_in: SignIn, folder: Path) -> None:
    text = signed_in().get("/trading/alpha").text
    for said in (
        "tl-abababababababab",
        "The kill switch was on.",
        "day.trades",
        "<meter",
        "Equity, the last day",
    ):
        assert said in text, said
    assert "tl-abab" not in signed_in().get("/trading/alpha?fate=declined").text.split("Orders and fills")[1]
    there = signed_in().get("/trading?order=tl-abababababababab")
    assert there.headers["location"] == "/trading/alpha/orders/abababababababab"
    assert "/why?name=tl-abababababababab" in signed_in().get(there.headers["location"]).text


def test_kill_and_resume_are_the_bridges_own_file_and_two_lines_of_the_log(
    app: FastAPI, signed_in: SignIn, folder: Path
) -> None:
    client = signed_in("trade")
    assert "keep their stop, target and end" in client.get("/trading/alpha/switch/kill").text
    assert client.post("/trading/alpha/switch/kill", data={"reason": "news at noon"}).status_code == 303
    assert "news at noon (anna, by the pages)" in (folder / "kill").read_text()
    assert "Killed: news at noon" in client.get("/trading-now").text
    client.post("/trading/alpha/switch/resume", data={"reason": "over"})
    assert not (folder / "kill").exists()
    resumed, killed = app.state.access.audit.entries()
    assert (killed.action, killed.what, killed.reason, killed.outcome) == (
        "kill",
        "bridge alpha",
        "news at noon",
        "done",
    )
    assert killed.before == {"kill": None}
    assert "news at noon" in killed.after["kill"]
    assert resumed.after == {"kill": None}


def test_every_bridge_at_once(signed_in: SignIn, folder: Path) -> None:
    other = folder.parent / "beta"
    other.mkdir()
    signed_in("trade").post("/trading/switch/kill", data={"reason": "all of it"})
    assert (other / "kill").exists()
    assert (folder / "kill").exists()


@pytest.mark.parametrize("roles", [(), ("research",), ("deploy",)])
def test_nobody_else_may(signed_in: SignIn, folder: Path, roles: tuple[str, ...]) -> None:
    client = signed_in(*roles)
    for path in ("/trading/alpha/switch/kill", "/trading/switch/kill"):
        assert client.get(path).status_code == 403
        assert client.post(path, data={"reason": "x"}).status_code == 403
    assert not (folder / "kill").exists()


def test_a_reason_is_needed(signed_in: SignIn, folder: Path) -> None:
    assert signed_in("trade").post("/trading/alpha/switch/kill", data={"reason": ""}).status_code == 422
    assert signed_in("trade").post("/trading/alpha/switch/explode", data={"reason": "x"}).status_code == 422
    assert not (folder / "kill").exists()


@pytest.mark.parametrize("content", ["", "{", '{"written": "2024"}', "[]"])
def test_a_status_that_is_none_is_said_beside_the_rest(signed_in: SignIn, folder: Path, content: str) -> None:
    (folder / "status.json").write_text(content)
    for path in ("/trading", "/trading/alpha"):
        answer = signed_in().get(path)
        assert answer.status_code == 200
        assert "Expected a bridge" in answer.text
    assert "tl-abab" in signed_in().get("/trading/alpha").text


def test_a_broken_journal_is_said_and_a_line_under_way_is_none(signed_in: SignIn, folder: Path) -> None:
    journal = folder / JOURNAL_FILE
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"n": 99')  # the bridge is writing it
    assert "tl-abab" in signed_in().get("/trading/alpha").text
    journal.write_bytes(whole.replace(b"EURUSD", b"EURUSX", 1))
    text = signed_in().get("/trading/alpha").text
    assert "journal.jsonl" in text
    assert "996.50" in text


def test_no_bridge_says_the_next_step(signed_in: SignIn) -> None:
    text = signed_in().get("/trading").text
    assert "ticklake-bridge run" in text
    answer = signed_in().get("/trading/none")
    assert answer.status_code == 404
    assert "none yet" in answer.text


def test_the_setting_names_folders_and_configurations(
    settings: Settings, tmp_path: Path, folder: Path
) -> None:
    there = tmp_path / "elsewhere"
    there.mkdir()
    named = Bridges(settings.model_copy(update={"bridges": f"{there}, {folder}"}))
    assert [each.name for each in named.all()] == ["alpha", "elsewhere"]


@pytest.mark.parametrize("wrong", ["nothing", "none.toml"])
def test_one_that_the_setting_names_in_vain_hides_and_saves_no_other(
    app: FastAPI, signed_in: SignIn, folder: Path, tmp_path: Path, wrong: str
) -> None:
    app.state.sources.bridges = Bridges(
        Settings(home=tmp_path / "home", bridges=f"{tmp_path}/{wrong},{folder}")
    )
    client = signed_in("trade")
    text = client.get("/trading").text
    assert "996.50" in text
    assert "Expected" in text
    assert "not known" in text
    client.post("/trading/switch/kill", data={"reason": "now"})
    assert (folder / "kill").exists()
    told = {each.what: (each.outcome, wrong in each.error) for each in app.state.access.audit.entries()}
    assert ("failed", True) in told.values()
    assert told["bridge alpha"] == ("done", False)
    assert "NOT killed" in unquote(client.cookies["said"])


def test_a_bridge_that_cannot_be_killed_keeps_no_other_from_it(
    app: FastAPI, signed_in: SignIn, folder: Path
) -> None:
    stubborn = folder.parent / "aaa"
    (stubborn / "kill").mkdir(parents=True)  # no file: as good as killed, and nobody can remove it
    client = signed_in("trade")
    client.post("/trading/switch/kill", data={"reason": "now"})
    client.post("/trading/switch/resume", data={"reason": "over"})
    assert not (folder / "kill").exists()
    assert "NOT resumed: aaa" in unquote(client.cookies["said"])


def test_a_dry_run_is_shown_apart_and_stops_by_its_bridges_switch(signed_in: SignIn, folder: Path) -> None:
    dry = folder / "dry-run"
    dry.mkdir()
    write_status(dry, _status().model_copy(update={"dry_run": True}))
    client = signed_in("trade")
    assert "DEMO · dry run" in client.get("/trading/alpha-dry-run").text
    assert client.get("/trading/alpha-dry-run/switch/kill").status_code == 422
    client.post("/trading/switch/kill", data={"reason": "news"})
    assert "Killed: news" in client.get("/trading/alpha-dry-run/now").text
    assert not (dry / "kill").exists()


def test_a_status_that_cannot_be_read_needs_a_person_and_is_no_new_bridge(
    signed_in: SignIn, folder: Path
) -> None:
    (folder / "status.json").write_text("{")
    text = signed_in().get("/trading-now").text
    assert "has not run yet" not in text
    assert "not known" in text
    (folder / "status.json").unlink()
    assert "has not run yet" in signed_in().get("/trading-now").text


def test_an_intent_that_is_none_is_missing(signed_in: SignIn, folder: Path) -> None:
    assert signed_in().get("/trading/alpha/orders/none").status_code == 404
