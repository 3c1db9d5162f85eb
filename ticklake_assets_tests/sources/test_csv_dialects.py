from __future__ import annotations

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.csv_dialects import DIALECTS, Dialect, recognise


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_is_recognised_by_its_header_alone(dialect: object) -> None:
    header = dialect.header  # type: ignore[attr-defined]
    assert recognise(header, "x") is dialect
    assert recognise(f"\ufeff{header.upper()} \r\n", "x") is dialect


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_names_may_be_quoted(dialect: Dialect) -> None:
    names = [f'"{name}"' for name in dialect.header.split(dialect.separator)]
    assert recognise(dialect.separator.join(names) + "\n", "x") is dialect


def test_a_header_that_is_none_is_shown_in_part() -> None:
    with pytest.raises(SourceError) as caught:
        recognise("x" * 10_000, "EURUSD.csv")
    assert str(caught.value).endswith(f"was '{'x' * 120}'")


def test_headers_are_distinct() -> None:
    assert all(sum(dialect.matches(other.header) for dialect in DIALECTS) == 1 for other in DIALECTS)


def test_an_unknown_header_is_shown_with_the_known_ones() -> None:
    with pytest.raises(SourceError) as caught:
        recognise("Time,Open,High,Low,Close\n", "EURUSD.csv")
    message = str(caught.value)
    assert message.startswith("EURUSD.csv: unknown CSV header. Expected one of")
    assert message.endswith("was 'Time,Open,High,Low,Close'")
    assert all(dialect.name in message and repr(dialect.header) in message for dialect in DIALECTS)


def test_a_missing_column_is_an_unknown_header() -> None:
    with pytest.raises(SourceError, match="unknown CSV header"):
        recognise("Time,Ask,Bid,AskVolume", "x")


def test_a_named_dialect_must_fit() -> None:
    assert recognise("Time,Ask,Bid,AskVolume,BidVolume", "x", "dukascopy").name == "dukascopy"
    with pytest.raises(SourceError, match="unknown CSV header") as caught:
        recognise("Time,Ask,Bid,AskVolume,BidVolume", "x", "mt5")
    assert "dukascopy" not in str(caught.value)
    with pytest.raises(SourceError, match=r"Expected a CSV dialect of ticklake, .*, was 'nosuch'"):
        recognise("Time,Ask,Bid,AskVolume,BidVolume", "x", "nosuch")


def test_a_zone_replaces_a_wall_clock_only() -> None:
    by_name = {dialect.name: dialect for dialect in DIALECTS}
    moved = by_name["mt5"].in_zone("Etc/GMT-2")
    assert (moved.zone, moved.ahead_hours) == ("Etc/GMT-2", 0)
    assert by_name["mt5"].in_zone("") is by_name["mt5"]
    assert by_name["dukascopy-local"].in_zone("Etc/GMT-2") is by_name["dukascopy-local"]
