"""What the watch makes of a stream: a breaker and an old model hold every signal back, after a restart, too."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from serving.endpoint.feed.desk import Desk
from serving.endpoint.models.model import STALE_MODEL
from serving.endpoint.models.store import ModelStore
from serving.endpoint.watch.breaker import BREAKER
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.desk import START, Talk, open_desk
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"), ticks=6000)


def _store(folder: Path, expires_days: int = 45) -> ModelStore:
    models = ModelStore(folder / "models", folder / "keys", expires_days=expires_days)
    models.push(make_deployment(folder / "keys", "SYNEUR"))
    return models


def _reasons(talk: Talk, recorded: RecordedDay, start: int, end: int) -> set[str]:
    ticks = [orjson.loads(tick.message()) for tick in recorded.ticks[start:end]]
    rows = [[tick[name] for name in ("ts_us", "bid", "ask", "bid_size", "ask_size")] for tick in ticks]
    signals = talk.say(orjson.dumps({"type": "ticks", "seq": start + 1, "rows": rows}))["signals"]
    assert len(signals) > 5
    return {reason for signal in signals for reason in signal["abstain"]}


def _watched(desk: Desk) -> dict[str, object]:
    watch = desk.watches.of("SYNEUR")
    assert watch is not None
    return watch.as_dict(0)


def test_a_breaker_that_a_person_opened_holds_from_the_next_message_on_and_after_a_restart(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    models = _store(tmp_path)
    with open_desk(tmp_path, models=models) as desk:
        talk = Talk(desk)
        talk.say(START)
        assert _reasons(talk, recorded, 0, 2400) == set()
        desk.watches.by_hand("SYNEUR", opens=True, reason="election night", now_us=desk.now_us() - 1)
        assert _reasons(talk, recorded, 2400, 3200) == {BREAKER}
    with open_desk(tmp_path, models=models) as desk:
        talk = Talk(desk)
        assert _reasons(talk, recorded, 3200, 4000) == {BREAKER}
        desk.watches.by_hand("SYNEUR", opens=False, reason="it is over", now_us=desk.now_us() - 1)
        assert _reasons(talk, recorded, 4000, 4800) == set()


def test_a_watch_that_is_rebuilt_from_the_journal_knows_what_the_first_knew(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    models = _store(tmp_path)
    with open_desk(tmp_path, models=models) as desk:
        talk = Talk(desk)
        talk.say(START)
        for tick in recorded.ticks[:2000]:
            talk.say(tick.message())
        _reasons(talk, recorded, 2000, 4800)
        first = _watched(desk)
    with open_desk(tmp_path, models=models) as desk:
        Talk(desk).say('{"type":"resume"}')
        assert _watched(desk) == first


def test_a_model_that_is_too_old_at_the_ticks_own_time_abstains(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    models = _store(tmp_path)
    (model,) = models.of("SYNEUR")
    days = (DAY.start_us - model.expires_us) // 86_400_000_000
    with open_desk(tmp_path / "old", models=_store(tmp_path / "old", 45 + days)) as desk:
        talk = Talk(desk)
        talk.say(START)
        assert _reasons(talk, recorded, 0, 2400) == {STALE_MODEL}
    with open_desk(tmp_path / "young", models=_store(tmp_path / "young", 46 + days)) as desk:
        talk = Talk(desk)
        talk.say(START)
        assert _reasons(talk, recorded, 0, 2400) == set()


def test_a_recorded_day_is_held_back_by_a_hand_alone(tmp_path: Path) -> None:
    sparse = record_day(tmp_path / "landing")  # with silences that open the breaker of a feed
    with open_desk(tmp_path, models=_store(tmp_path)) as desk:
        talk = Talk(desk)
        talk.say(START)
        assert BREAKER in _reasons(talk, sparse, 0, 600)
        talk.say('{"type":"start","complete":true,"rolls":false}')
        assert _reasons(talk, sparse, 0, 600) == set()
        desk.watches.by_hand("SYNEUR", opens=True, reason="try", now_us=desk.now_us() - 1)
        assert _reasons(talk, sparse, 600, 900) == {BREAKER}
