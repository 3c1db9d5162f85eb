from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.notices import (
    MOST_SUBJECTS,
    MOST_WAITING,
    Notice,
    Notices,
    RateLimit,
    send,
    shown,
    split_urls,
)
from ticklake_assets.settings import Settings
from ticklake_assets_tests.webhook import Webhook, webhook

SECRETS = ("s3cr3t-pass", "T0K3N-OF-THE-HOOK")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


def test_a_notice_comes_whole_and_without_passwords(hook: Webhook) -> None:
    send(
        hook.url, Notice("run failed", "raw_to_gold", "postgresql://me:hunter2@db/x?password=hunter3 is away")
    )
    (post,) = hook.posts
    assert post["title"] == "ticklake: run failed: raw_to_gold"
    assert post["message"] == "postgresql://me:***@db/x?password=*** is away"
    assert post["type"] == "warning"


def test_the_same_trouble_is_told_once_and_then_summed_up(hook: Webhook) -> None:
    notices = Notices([hook.url], window_s=0.5)
    for number in range(13):
        notices.notify("feed stale", "EURUSD", f"{number} s")
    notices.notify("feed stale", "USDJPY", "1 s")
    posts = hook.wait_for(3)
    notices.close()
    assert sorted(post["title"] for post in posts) == [
        "ticklake: feed stale: EURUSD",
        "ticklake: feed stale: EURUSD",
        "ticklake: feed stale: USDJPY",
    ]
    assert [post["message"] for post in posts if "EURUSD" in post["title"]] == [
        "0 s",
        "12 s\n... and 12 more; this is the last of them",
    ]


def test_closing_sends_what_was_held_back(hook: Webhook) -> None:
    notices = Notices([hook.url], window_s=3600)
    for text in "abc":
        notices.notify("breaker open", "EURUSD", text)
    notices.close()
    assert [post["message"] for post in hook.posts] == ["a", "c\n... and 2 more; this is the last of them"]


def test_a_slow_service_holds_nobody_up_and_what_waits_is_bounded(
    hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    hook.delay_s = 0.02
    notices = Notices([hook.url], window_s=3600)
    notices.notify("first", "", "")
    hook.wait_for(1)  # Apprise is loaded
    hook.delay_s = 0.5
    notices.notify("second", "", "")
    time.sleep(0.2)  # it is being sent
    began = time.perf_counter()
    for number in range(MOST_WAITING + 10):
        notices.notify("flood", str(number), "")
    assert time.perf_counter() - began < 0.1
    hook.delay_s = 0.0
    hook.wait_for(2 + MOST_WAITING)
    notices.close()
    assert len(hook.posts) == 2 + MOST_WAITING
    assert "10 notices were dropped" in caplog.text


def test_a_failure_is_logged_without_secrets_and_the_next_notice_goes_out(
    hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.status = 403
    notices = Notices([hook.url], window_s=3600)
    notices.notify("run failed", "one", "")
    hook.wait_for(1)
    time.sleep(0.1)
    hook.status = 200
    notices.notify("run failed", "two", "")
    notices.close()
    assert [post["title"][-3:] for post in hook.posts] == ["one", "two"]
    told = [record.getMessage() for record in caplog.records if record.name == "ticklake.notices"]
    assert len(told) == 1
    assert told[0].startswith("A notice was not sent: json://*** did not take 'ticklake: run failed: one'.")
    assert "error=403" in told[0]
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_what_is_no_address_and_what_does_not_answer_are_said_without_secrets(hook: Webhook) -> None:
    with pytest.raises(SetupError, match=r"Expected addresses of Apprise.*, was nosuch://\*\*\*") as unknown:
        send("nosuch://T0K3N-OF-THE-HOOK", Notice("a", "b", "c"))
    with pytest.raises(TransientError, match=r"json://\*\*\* did not take") as silent:
        send("json://someone:s3cr3t-pass@127.0.0.1:1/T0K3N-OF-THE-HOOK", Notice("a", "b", "c"))
    assert not [secret for secret in SECRETS if secret in f"{unknown.value} {silent.value}"]


def test_without_an_address_nothing_begins() -> None:
    notices = Notices.of(Settings())
    notices.notify("run failed", "one", "")
    assert notices._sender is None
    notices.close()


def test_addresses_are_split_where_the_next_begins() -> None:
    assert split_urls("mailto://a:b@c?to=x@y,z@y, tgram://1:2/3,\nslack://A/B/C ") == [
        "mailto://a:b@c?to=x@y,z@y",
        "tgram://1:2/3",
        "slack://A/B/C",
    ]
    assert split_urls(" ") == []
    assert shown("tgram://1:2/3") == "tgram://***"


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["a", "b", "c"])), max_size=60))
def test_each_is_told_or_summed_up_and_none_twice_in_a_window(steps: list[tuple[float, str]]) -> None:
    now = 0.0
    limit = RateLimit(5.0, lambda: now)
    told: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    counted: Counter[str] = Counter()

    def tell(notices: list[Notice]) -> None:
        for notice in notices:
            told[notice.kind].append(now)
            counted[notice.kind] += notice.held or 1

    for wait, kind in steps:
        now += wait
        tell(limit.ended())
        notice = Notice(kind, "", "")
        if limit.takes(notice):
            tell([notice])
    for moments in told.values():
        assert all(later - earlier >= 5.0 for earlier, later in pairwise(moments))
    tell(limit.ended(every=True))
    assert counted == Counter(kind for _, kind in steps)
    assert limit.wait_s() is None


def test_subjects_without_end_are_not_remembered() -> None:
    now = 0.0
    limit = RateLimit(5.0, lambda: now)
    answers = [limit.takes(Notice("late", str(number), "")) for number in range(MOST_SUBJECTS + 5)]
    assert answers == [True] * MOST_SUBJECTS + [None] * 5
    assert limit.wait_s() == 5.0
    now = 5.0
    assert limit.ended() == []
    assert limit.takes(Notice("late", "again", "")) is True
