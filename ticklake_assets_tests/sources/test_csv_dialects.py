from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.dialect_files import built_in

_WITH_HEADER = [dialect for dialect in built_in() if dialect.header]
_BY_NAME = {dialect.name: dialect for dialect in built_in()}
_DECLARED: dict[str, Any] = {
    "name": "mine",
    "about": "mine",
    "header": "at;b;a",
    "delimiter": ";",
    "columns": ("time", "bid", "ask"),
    "times": ("%Y-%m-%d %H:%M:%S%.f",),
    "zone": "UTC",
}


def test_headers_are_distinct() -> None:
    assert all(sum(dialect.matches(other.header) for dialect in built_in()) == 1 for other in _WITH_HEADER)


@pytest.mark.parametrize("dialect", _WITH_HEADER, ids=lambda dialect: dialect.name)
def test_names_may_be_quoted_and_have_any_case(dialect: Dialect) -> None:
    names = [f'"{name.upper()}"' for name in dialect.header.split(dialect.delimiter)]
    assert dialect.matches("\ufeff" + dialect.delimiter.join(names) + " \r\n")


def test_a_zone_replaces_a_wall_clock_only() -> None:
    moved = _BY_NAME["mt5"].in_zone("Etc/GMT-2")
    assert (moved.zone, moved.ahead_hours) == ("Etc/GMT-2", 0)
    assert _BY_NAME["mt5"].in_zone("") is _BY_NAME["mt5"]
    assert _BY_NAME["dukascopy-local"].in_zone("Etc/GMT-2") is _BY_NAME["dukascopy-local"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"columns": ("time", "bid", "offer")}, "columns: Expected time, date, bid, .* or -, was 'offer'"),
        ({"columns": ("time", "bid", "bid")}, "Expected each of them once, was bid twice"),
        ({"columns": ("time", "bid", "-")}, "Expected ask, was absent"),
        ({"columns": ("date", "time", "bid", "ask")}, "one for each of the header's 3, was 4"),
        ({"times": ()}, "at least 1 item"),
        ({"times": ("iso",)}, "Expected epoch seconds, .*, was 'iso'"),
        ({"times": ("%H%M%S%9f",)}, "was '%H%M%S%9f'"),
        ({"times": ("%H%M%S%f",)}, "was '%H%M%S%f'"),
        ({"zone": ""}, "zone: Expected the zone of '%Y-%m-%d %H:%M:%S%.f', .*, was none"),
        ({"zone": "Nowhere/City"}, "Expected a time zone like Europe/Athens .*, was 'Nowhere/City'"),
        ({"zone": "America"}, "was 'America'"),
        ({"quote_flags": 6}, "quote_flags: Expected a column flags, was none"),
        ({"size_unit": 0}, "greater than 0"),
        ({"price_scale": float("nan")}, "finite number"),
        ({"delimiter": "||"}, "at most 1 character"),
        ({"decimal": ";"}, "'.' or ','"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    assert Dialect(**_DECLARED).matches("AT;B;A")
    with pytest.raises(ValidationError, match=message):
        Dialect(**{**_DECLARED, **wrong})
