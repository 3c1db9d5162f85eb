"""The AsyncAPI is the wire: it is made of the models, and what a whole conversation says fits it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.routing import WebSocketRoute
from websockets.sync.client import ClientConnection

from serving.endpoint.asyncapi import asyncapi
from serving.endpoint.feed.messages import COLUMNS
from serving.endpoint.feed.signal_model import Signal
from serving.endpoint.feed.wire_models import FROM_CLIENT, FROM_SERVER, TO_READERS, NotClean
from serving.endpoint.routers import signals, stream
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.serving.endpoint.talking import hear, open_socket
from ticklake_assets_tests.serving.endpoint.wire_schemas import (
    CLIENTS,
    DOCUMENT,
    READERS,
    SERVERS,
    complaints,
    kinds_of,
)
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint

_MODELS = (*FROM_CLIENT, *FROM_SERVER, *TO_READERS, Signal, NotClean)


def test_the_committed_document_is_the_generated_one() -> None:
    wanted = json.dumps(asyncapi(), indent=1) + "\n"
    assert DOCUMENT.read_text() == wanted, "python -m serving.endpoint.asyncapi > docs/asyncapi.json"


def test_its_channels_are_the_apps_sockets() -> None:
    routes = (*stream.router.routes, *signals.router.routes)
    sockets = {route.path for route in routes if isinstance(route, WebSocketRoute)}
    assert {channel["address"] for channel in asyncapi()["channels"].values()} == sockets


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        place: Any = document
        for step in reference.split("/"):
            place = place[step]


@pytest.mark.parametrize("model", _MODELS, ids=lambda model: model.__name__)
def test_every_field_is_described_with_an_example(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.examples or field.annotation is Signal, name
        if name.endswith("_us"):
            assert "epoch microseconds UTC" in field.description
    assert model.__doc__


@pytest.mark.parametrize("who", [CLIENTS, SERVERS, READERS])
def test_each_example_is_a_message_of_its_kind_and_of_no_other(who: str) -> None:
    messages = asyncapi()["components"]["messages"]
    models = {CLIENTS: FROM_CLIENT, SERVERS: FROM_SERVER, READERS: TO_READERS}[who]
    for model in models:
        for told in messages[model.__name__]["examples"]:
            assert kinds_of(told["payload"], who) == [model.__name__], complaints(told["payload"], who)


class Recorder:
    """A client that holds everything that is said against the schemas."""

    def __init__(self, connection: ClientConnection, kinds: set[str]) -> None:
        self._connection = connection
        self._kinds = kinds

    def say(self, message: dict[str, Any], *, is_good: bool = True) -> dict[str, Any]:
        self.send(message, is_good=is_good)
        return self.hear(SERVERS)

    def send(self, message: dict[str, Any], *, is_good: bool = True) -> None:
        kinds = kinds_of(message, CLIENTS)
        assert len(kinds) == is_good, complaints(message, CLIENTS)
        self._kinds.update(kinds)
        self._connection.send(json.dumps(message))

    def hear(self, who: str) -> dict[str, Any]:
        told = hear(self._connection)
        kinds = kinds_of(told, who)
        assert len(kinds) == 1, complaints(told, who)
        self._kinds.update(kinds)
        return told


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        yield endpoint


def _rows(folder: Path, day: SymbolDay) -> list[list[Any]]:
    messages = [json.loads(tick.message()) for tick in record_day(folder, day, ticks=500).ticks]
    return [[message[name] for name in COLUMNS] for message in messages]


def _columns(rows: list[list[Any]]) -> dict[str, list[Any]]:
    return {name: list(column) for name, column in zip(COLUMNS, zip(*rows, strict=True), strict=True)}


def _singles(rows: list[list[Any]], seq: int) -> list[dict[str, Any]]:
    return [{"seq": seq + at, **dict(zip(COLUMNS, row, strict=True))} for at, row in enumerate(rows)]


def test_a_whole_conversation_is_as_described(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    """Starts, batches, single ticks, pipelined ones, errors, a lost connection, back-fill, midnight, readers."""
    kinds: set[str] = set()
    today, tomorrow = _rows(tmp_path, DAY), _rows(tmp_path, DAY.shifted(1))
    with open_socket(endpoint, "/v1/signals/SYNEUR?after=2024-01-16") as reader:
        with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as connection:
            feed = Recorder(connection, kinds)
            assert feed.say({"type": "resume"})["last_seq"] is None
            feed.say({"type": "start", "complete": False, "rolls": True, "pipelined": False})
            late = feed.say({"type": "ticks", "seq": 1, "rows": today[200:300]})
            assert all("incomplete_day" in signal["abstain"] for signal in late["signals"])
            feed.say({"type": "backfill", **_columns(today[:100])})
            feed.say({"type": "backfill", "rows": today[100:200]})
            assert feed.say({"type": "backfilled"})["complete"] is True
            for message in (
                {"type": "halt"},
                {"seq": 101, "ts_us": 1},
                {"type": "ticks", "seq": -1, "rows": today[:1]},
                {"type": "ticks", "seq": 101, "rows": []},
                {"type": "start"},
                {"seq": 101, "ts_us": 0.5, "bid": 1, "ask": 1, "bid_size": 1, "ask_size": 1},
            ):
                assert feed.say(message, is_good=False)["type"] == "error"
            assert feed.say({"type": "ticks", "seq": 5, "rows": today[:1]})["type"] == "error"
            assert "clean" in {feed.say(tick)["status"] for tick in _singles(today[300:400], 101)}
        with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as connection:
            feed = Recorder(connection, kinds)
            assert feed.say({"type": "resume", "acknowledged": 150, "pipelined": True})["last_seq"] == 200
            for tick in _singles(today[400:450], 201):
                feed.send(tick)
            while feed.hear(SERVERS)["seq"] < 250:
                pass
            batch = {"type": "ticks", "seq": 251, **_columns(today[450:])}
            first = feed.say(batch)
            assert feed.say(batch) == first
            feed.say({"type": "ticks", "seq": first["seq"] + 1, "rows": tomorrow[:100]})
            assert feed.say({"type": "resume"})["trading_day"] == "2024-01-18"
        heard = [Recorder(reader, kinds).hear(READERS)["id"] for _ in range(20)]
        assert heard == sorted(set(heard))
    assert kinds == {model.__name__ for model in (*FROM_CLIENT, *FROM_SERVER, *TO_READERS)}
