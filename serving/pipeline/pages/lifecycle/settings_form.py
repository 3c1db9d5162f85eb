"""What a person typed into the form of a step's settings, as its run configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from serving.pipeline.sources.dagster import ConfigField

_TRUTHS = {"true": True, "false": False}


def configuration(
    fields: Sequence[ConfigField], typed: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The configuration of what differs from the defaults, and a sentence for each field that is none."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        text = typed.get(field.key, "").strip()
        if not text:
            continue  # the default
        try:
            value = _value(field.kind, text)
        except ValueError:
            words = {"int": "a whole number", "float": "a number", "bool": "true or false", "json": "JSON"}
            wrong[field.key] = f"Expected {words.get(field.kind, 'a text')}, was {text!r}"
            continue
        if value != field.default:
            found.setdefault(field.op, {})[field.name] = value
    return {"ops": {op: {"config": values} for op, values in found.items()}} if found else {}, wrong


def _value(kind: str, text: str) -> Any:
    """ValueError where the text is none of the kind."""
    if kind == "int":
        return int(text)
    if kind == "float":
        value = float(text)
        if not isfinite(value):
            raise ValueError(text)  # JSON has no such number
        return value
    if kind == "bool":
        if text.lower() not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[text.lower()]
    return json.loads(text, parse_constant=_no_number) if kind == "json" else text


def _no_number(text: str) -> None:
    raise ValueError(text)
