"""SIGTERM in the middle of everything: what was read is answered, streams say why they end, and the exit code is 0."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.journal.reading import read_newest
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import bearer

_TICKS = 6000
_BEFORE = 1000
"""Ticks before the stop; the others are under way when it comes, however quick the machine is."""
_STOPPED_WITHIN_S = 8.0


def test_a_stop_in_the_middle_of_a_pipelined_stream_answers_what_it_took(tmp_path: Path) -> None:
    ticks = record_day(tmp_path / "landing", ticks=_TICKS).ticks
    home, events = tmp_path / "home", list[str]()
    subscribed, stopping = threading.Event(), threading.Event()
    with endpoint_process(home, variables={"TICKLAKE_LOG_LEVEL": "warning"}) as (process, url):
        headers = bearer(endpoint_token(home / "keys"))
        deployment = make_deployment(home / "keys", DAY.symbol)
        assert httpx.post(url + "/v1/bundles", content=deployment, headers=headers).status_code == 201
        socket = url.replace("http", "ws")

        def read_events() -> None:
            with httpx.stream("GET", f"{url}/v1/signals/{DAY.symbol}", headers=headers, timeout=30) as stream:
                for line in stream.iter_lines():
                    events.append(line)
                    subscribed.set()

        reading = threading.Thread(target=read_events)
        reading.start()
        assert subscribed.wait(30)
        options = {"additional_headers": headers, "proxy": None}
        with (
            connect(f"{socket}/v1/stream/{DAY.symbol}/{DAY.trading_day}", **options) as stream,
            connect(f"{socket}/v1/signals/{DAY.symbol}", **options) as reader,
        ):
            stream.send('{"type":"start","complete":true,"pipelined":true}')
            stream.recv()

            def send_all() -> None:
                try:
                    for at, tick in enumerate(ticks):
                        if at == _BEFORE:
                            stopping.wait(30)
                        stream.send(tick.message())
                except ConnectionClosed:
                    return

            sending = threading.Thread(target=send_all)
            sending.start()
            acknowledged, ends = 0, list[ConnectionClosed]()
            stopped = 0.0
            try:
                while True:
                    acknowledged = json.loads(stream.recv(timeout=30))["seq"]
                    if acknowledged > 500 and not stopped:
                        stopped = time.monotonic()
                        stopping.set()
                        process.send_signal(signal.SIGTERM)
            except ConnectionClosed as closed:
                ends.append(closed)
            sending.join(30)
            try:
                while True:
                    reader.recv(timeout=30)
            except ConnectionClosed as closed:
                ends.append(closed)
        errors = process.communicate(timeout=30)[1]
        took_s = time.monotonic() - stopped
        reading.join(30)
    assert [end.rcvd and end.rcvd.code for end in ends] == [1012, 1012]
    assert process.returncode == 0
    assert errors == ""
    assert took_s < _STOPPED_WITHIN_S
    assert any(line.startswith("event: signal") for line in events)
    journaled = read_newest(home / "endpoint" / "journal", DAY)
    held = [batch.last_seq for batch in journaled.batches][-1]
    assert 500 < acknowledged == held < len(ticks), "what was read was not acknowledged"
