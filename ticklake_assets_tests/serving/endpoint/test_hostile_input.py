"""What strangers and broken clients send: huge, deep, packed, or in a race. It is refused, and nothing grows."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.archive import write_archive
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import DAY
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer, running_endpoint
from ticklake_assets_tests.serving.series import series_of

_DEPTHS = (100, 5_000, 1_000_000)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def _packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("nested", [False, True])
def test_a_zip_bomb_is_not_unpacked(endpoint: RunningEndpoint, *, nested: bool) -> None:
    zeros = bytes(32 << 20)
    with zipfile.ZipFile(io.BytesIO(make_deployment(endpoint.settings.keys_dir, "SYNEUR"))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if nested:
        bomb = write_archive(members | {"bundle.zip": _packed({"manifest.json": zeros})})
    else:
        bomb = _packed(members | {"bundle.zip": zeros})
    assert len(bomb) < 1 << 20
    answer = endpoint.push(bomb)
    assert answer.status_code == 422
    assert ("has other members" if nested else "is compressed") in answer.json()["error"]


@pytest.mark.parametrize("depth", _DEPTHS)
def test_json_of_any_depth_is_refused_and_no_fault(endpoint: RunningEndpoint, depth: int) -> None:
    deep = '{"type":"ticks","seq":1,"rows":' + "[" * depth + "]" * depth + "}"
    with open_socket(endpoint, f"/v1/stream/{DAY.symbol}/{DAY.trading_day}") as stream:
        assert say(stream, deep)["type"] == "error"
        assert say(stream, '{"type":"resume"}')["last_seq"] is None
    for path in ("/v1/ticks/SYNEUR", "/v1/breakers/SYNEUR"):
        body = deep.replace('"type":"ticks",', "")
        headers = bearer(endpoint.token) | {"Content-Type": "application/json"}
        answer = httpx.post(endpoint.url + path, content=body, headers=headers, timeout=30)
        assert answer.status_code in {400, 404, 422}, path
        assert list(answer.json()) == ["error"]
    assert endpoint.get("/healthz").status_code == 200


def test_hostile_names_and_paths_make_no_series(endpoint: RunningEndpoint) -> None:
    def known() -> set[str]:
        return {name for name in series_of(endpoint.get("/metrics").text) if "connections" not in name}

    before = known()
    names = ["AAA", "%0aX%7b%22", "..%2f..", "é", "X" * 2_000, *(f"SYM{at}" for at in range(10))]
    ticks = {"seq": 1, "rows": [[1705481532123000, 1.1, 1.2, 1, 1]]}
    with httpx.Client(base_url=endpoint.url, headers=bearer(endpoint.token)) as client:
        for name in names:
            for path in ("symbols/{}", "watch/{}", "journal/{}/2024-01-17", "{}"):
                answer = client.get(f"/v1/{path.format(name)}")
                assert answer.status_code in {400, 404, 422}, (path, name)
            assert client.post(f"/v1/ticks/{name}", json=ticks).status_code == 404
            with pytest.raises(InvalidStatus):
                open_socket(endpoint, f"/v1/stream/{name}/2024-01-17")
    assert known() == before


def _begin(endpoint: RunningEndpoint, day: SymbolDay, told: dict[str, Any], until: threading.Event) -> None:
    try:
        with open_socket(endpoint, f"/v1/stream/{day.symbol}/{day.trading_day}") as second:
            told |= say(second, '{"type":"start","complete":true}')
            until.wait(30)
    except InvalidStatus as refused:
        told["refused"] = refused.response.status_code


@pytest.mark.parametrize("week", range(6))
def test_two_clients_that_race_over_midnight_never_both_hold_the_day(
    endpoint: RunningEndpoint, week: int
) -> None:
    """One streams on over it, the other begins it anew: whoever comes second is refused, and nothing is mixed."""
    day = DAY.shifted(-7 * (week + 1))
    later, told, seen = day.shifted(1), dict[str, Any](), threading.Event()
    rows = [[day.end_us + at, 1.1, 1.1001, 1.0, 1.0] for at in (-2, -1, 0, 1)]
    with open_socket(endpoint, f"/v1/stream/{day.symbol}/{day.trading_day}") as first:
        say(first, '{"type":"start","complete":true}')
        rival = threading.Thread(target=_begin, args=(endpoint, later, told, seen))
        rival.start()
        time.sleep(week * 0.002)  # either may be first
        answer = say(first, {"type": "ticks", "seq": 1, "rows": rows})
        stands = say(first, '{"type":"resume"}')
        time.sleep(0.05)
        seen.set()
        rival.join(30)
    if answer["type"] == "ack":
        assert (stands["trading_day"], stands["last_seq"]) == (str(later.trading_day), 4)
        assert told == {"refused": 409}
    else:
        assert "has a client already" in answer["error"]
        assert (stands["trading_day"], stands["last_seq"]) == (str(day.trading_day), None)
        assert told["complete"] is True
