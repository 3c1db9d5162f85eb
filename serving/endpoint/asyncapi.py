"""The AsyncAPI of the WebSockets: `python -m serving.endpoint.asyncapi > docs/asyncapi.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.endpoint.feed.wire_models import FROM_CLIENT, FROM_SERVER, TO_READERS, example

_DAY = {"description": "UTC day of the ticks, YYYY-MM-DD", "examples": ["2024-01-17"]}
_SYMBOL = {"description": "the symbol's own name", "examples": ["EURUSD"]}


def asyncapi() -> dict[str, Any]:
    """The document, version 3.0.0; its schemas are of draft 7, as AsyncAPI's own."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ticklake live endpoint",
            "version": "1",
            "description": "Ticks in, signals out. docs/endpoint.md says in which order, and what is refused.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8750",
                "protocol": "ws",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            "stream": {
                "address": "/v1/stream/{symbol}/{trading_day}",
                "description": "One feed, one client: ticks in, what is worth saying of them out.",
                "parameters": {"symbol": _SYMBOL, "trading_day": _DAY},
                "messages": _refs("#/components/messages/", (*FROM_CLIENT, *FROM_SERVER)),
            },
            "signals": {
                "address": "/v1/signals/{symbol}",
                "description": "Each signal once, for those who only read; `?after=ID` begins behind an earlier one.",
                "parameters": {"symbol": _SYMBOL},
                "messages": _refs("#/components/messages/", TO_READERS),
                "bindings": {"ws": {"query": _AFTER}},
            },
        },
        "operations": {
            "take": _operation("receive", "stream", FROM_CLIENT, FROM_SERVER),
            "tell": _operation("send", "signals", TO_READERS),
        },
        "components": {
            "messages": {model.__name__: _message(model) for model in _MODELS},
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_MODELS = (*FROM_CLIENT, *FROM_SERVER, *TO_READERS)
_AFTER = {
    "type": "object",
    "properties": {
        "after": {
            "type": "string",
            "description": "id of the last signal that was read, or a day; none: signals from now on",
            "examples": ["2024-01-17.0001.0000000000000000532"],
        }
    },
}


def _message(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "summary": " ".join((model.__doc__ or "").split()),
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": [{"payload": example(model)}],
    }


def _operation(
    action: str, channel: str, told: tuple[type[BaseModel], ...], reply: tuple[type[BaseModel], ...] = ()
) -> dict[str, Any]:
    """What the endpoint does: `receive` from its clients, `send` to them."""
    where, messages = {"$ref": f"#/channels/{channel}"}, f"#/channels/{channel}/messages/"
    operation: dict[str, Any] = {
        "action": action,
        "channel": where,
        "messages": list(_refs(messages, told).values()),
    }
    if reply:
        operation["reply"] = {"channel": where, "messages": list(_refs(messages, reply).values())}
    return operation


def _refs(prefix: str, models: tuple[type[BaseModel], ...]) -> dict[str, dict[str, str]]:
    return {model.__name__: {"$ref": prefix + model.__name__} for model in models}


def _schemas() -> dict[str, Any]:
    wanted = [(model, "validation") for model in _MODELS]
    _, made = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas: dict[str, Any] = _draft_7(made["$defs"])
    return schemas


def _draft_7(node: Any) -> Any:
    """Draft 7 says `items` of a tuple's places, later drafts `prefixItems`."""
    if isinstance(node, dict):
        return {"items" if key == "prefixItems" else key: _draft_7(value) for key, value in node.items()}
    return [_draft_7(each) for each in node] if isinstance(node, list) else node


def main() -> None:
    """Print the document."""
    json.dump(asyncapi(), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
