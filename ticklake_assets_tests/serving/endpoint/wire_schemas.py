"""The committed AsyncAPI as a judge of messages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/asyncapi.json"
CLIENTS, SERVERS, READERS = "take", "reply", "tell"
"""Who says it: a feed, the endpoint to a feed, the endpoint to those who read."""


def kinds_of(message: Any, who: str) -> list[str]:
    """Names of the messages that it may be; one where the document is sound, none where it knows no such."""
    return [name for name, judge in _judges(who).items() if judge.is_valid(message)]


def complaints(message: Any, who: str) -> list[str]:
    """What each schema finds wrong with it."""
    return [
        f"{name}: {each.message}"
        for name, judge in _judges(who).items()
        for each in judge.iter_errors(message)
    ]


@cache
def _judges(who: str) -> dict[str, Draft7Validator]:
    document = json.loads(DOCUMENT.read_text())
    take = document["operations"]["take"]
    said = {CLIENTS: take, SERVERS: take["reply"], READERS: document["operations"]["tell"]}[who]
    names = [each["$ref"].rsplit("/", 1)[1] for each in said["messages"]]
    judges = {}
    for name in names:
        schema = {**document["components"]["schemas"][name], "components": document["components"]}
        judges[name] = Draft7Validator(schema)
    return judges
