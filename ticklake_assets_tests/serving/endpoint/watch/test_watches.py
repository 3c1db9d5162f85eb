from __future__ import annotations

from pathlib import Path

import pytest

from serving.endpoint.models.model import Model
from serving.endpoint.models.store import ModelStore
from serving.endpoint.watch.breaker import BREAKER
from serving.endpoint.watch.watches import KEPT_DAYS, Watches
from ticklake_assets.modeling.deployed.reference import MINUTES, SCORES
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.watch.watched_day import DAY, drive, quotes_of

NOW_US = DAY.start_us + 10**12


def opened(home: Path) -> tuple[Watches, Model]:
    store = ModelStore(home / "models", home / "keys")
    return Watches(home / "watch", store), store.of(DAY.symbol)[0]


def pushed(home: Path) -> tuple[Watches, Model]:
    ModelStore(home / "models", home / "keys").push(make_deployment(home / "keys", DAY.symbol))
    return opened(home)


def test_a_day_goes_on_where_the_day_before_ended_and_a_rebuilt_day_begins_as_it_began(
    tmp_path: Path,
) -> None:
    watches, model = pushed(tmp_path)
    first = watches.begin(DAY)
    for _ in drive(first, model, quotes_of()):
        pass
    watches.end(first, day_is_over=True)
    ended, following = first.state(), DAY.shifted(1)
    second = watches.begin(following)
    assert second.state() == ended
    for _ in drive(second, model, quotes_of(following, seed=2)):
        pass
    watches.end(second, day_is_over=False)
    later, known = opened(tmp_path)
    rebuilt = later.begin(following)
    assert rebuilt.state() == ended
    for _ in drive(rebuilt, known, quotes_of(following, seed=2)):
        pass
    assert rebuilt.close(day_is_over=False) == second.state()


def test_a_breaker_that_a_hand_opened_is_open_after_a_restart(tmp_path: Path) -> None:
    watches, _ = pushed(tmp_path)
    assert not watches.breaker(DAY.symbol, NOW_US).open
    watches.by_hand(DAY.symbol, opens=True, reason="news at noon", now_us=NOW_US)
    assert watches.breaker(DAY.symbol, NOW_US).open
    again, _ = opened(tmp_path)
    report = again.breaker(DAY.symbol, NOW_US + 1)
    assert (report.open, report.by_hand, report.hand_reason) == (True, True, "news at noon")
    watch = again.begin(DAY)
    watch.tick(DAY.start_us, NOW_US + 2, 1.1, 1.2, "clean")
    assert watch.reasons() == (BREAKER,)
    again.by_hand(DAY.symbol, opens=False, reason="over", now_us=NOW_US + 3)
    watch.tick(DAY.start_us + 1, NOW_US + 4, 1.1, 1.2, "clean")
    assert watch.reasons() == ()
    assert not opened(tmp_path)[0].breaker(DAY.symbol, NOW_US + 5).open


def test_a_breaker_that_a_rule_opened_is_open_on_the_next_day(tmp_path: Path) -> None:
    watches, _ = pushed(tmp_path)
    watch = watches.begin(DAY)
    for after_s in (0, 400):
        watch.tick(DAY.start_us + after_s * 10**6, NOW_US, 1.1, 1.1001, "clean")
    assert watch.reasons() == (BREAKER,)
    watches.end(watch, day_is_over=True)
    again, _ = opened(tmp_path)
    assert again.breaker(DAY.symbol, NOW_US).open
    following = again.begin(DAY.shifted(1))
    assert following.reasons() == (BREAKER,)
    for after_s in (0, 61):
        following.tick(following.day.start_us + after_s * 10**6, NOW_US, 1.1, 1.1001, "clean")
    assert following.reasons() == ()


@pytest.mark.parametrize("damage", ["no document", "another size"])
def test_a_state_of_other_code_keeps_no_day_from_beginning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    watches, model = pushed(tmp_path)
    first = watches.begin(DAY)
    for _ in drive(first, model, quotes_of(count=300)):
        pass
    watches.end(first, day_is_over=True)
    file = tmp_path / "watch" / DAY.symbol / f"{DAY.trading_day}.json"
    state = first.state()
    assert state.events is not None
    shorter = state.model_copy(update={"events": state.events.model_copy(update={"cells": "AAAA"})})
    file.write_bytes(b"{}x" if damage == "no document" else shorter.canonical())
    assert watches.begin(DAY.shifted(1)).state().totals.events == 0
    assert "begins with empty windows" in caplog.text


def test_prometheus_hears_of_breakers_and_of_drift_that_is_known(tmp_path: Path) -> None:
    watches, model = pushed(tmp_path)
    watches.by_hand("EURUSD", opens=True, reason="news", now_us=NOW_US)
    assert [*opened(tmp_path)[0].gauges(NOW_US)] == [("breaker_open", 1, ("EURUSD",))]
    watch = watches.begin(DAY)
    for _ in drive(watch, model, quotes_of()):
        pass
    told = {(each.name, each.labels): each.value for each in watches.gauges(NOW_US)}
    assert told["breaker_open", (DAY.symbol,)] == watches.breaker(DAY.symbol, NOW_US).open
    drift = watch.report(NOW_US).drift
    assert drift is not None
    known = {
        row.name: row.psi for row in drift.rows if row.name in {*SCORES, *MINUTES} and row.psi is not None
    }
    assert known == {labels[1]: value for (name, labels), value in told.items() if name == "drift"}
    assert set(MINUTES) <= set(known)


def test_a_few_days_are_kept_and_the_newest_is_shown(tmp_path: Path) -> None:
    watches, _ = pushed(tmp_path)
    for number in range(KEPT_DAYS + 3):
        watches.end(watches.begin(DAY.shifted(number)), day_is_over=True)
    kept = sorted(path.name for path in (tmp_path / "watch" / DAY.symbol).iterdir())
    assert kept == [f"{DAY.shifted(3 + number).trading_day}.json" for number in range(KEPT_DAYS)]
    newest = watches.of(DAY.symbol)
    watches.begin(DAY)
    assert watches.of(DAY.symbol) is newest
    assert watches.of("EURUSD") is None
