from __future__ import annotations

from datetime import date

import pytest

from ticklake_assets.core.errors import SetupError, SourceError
from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.dialect_files import built_in
from ticklake_assets.sources.recognition import recognise

_DAY = date(2014, 5, 1)


def _recognised(text: str, where: str = "EURUSD.csv", name: str = "", *own: Dialect) -> Dialect:
    return recognise(text.encode(), where, (*own, *built_in()), name, day=_DAY)


def _own(name: str, **other: object) -> Dialect:
    declared = {"columns": ("time", "bid", "ask"), "times": ("epoch milliseconds",), **other}
    return Dialect.model_validate({"name": name, "about": name, **declared})


@pytest.mark.parametrize(
    "dialect", [each for each in built_in() if each.header], ids=lambda dialect: dialect.name
)
def test_a_header_is_enough(dialect: Dialect) -> None:
    assert _recognised(dialect.header + "\n") == dialect.with_layout(dialect.times[0])


@pytest.mark.parametrize(
    ("row", "where", "name"),
    [
        ("20120201 000003678,1.306600,1.306770,0", "DAT_ASCII_EURUSD_T_201202.csv", "histdata"),
        ("EUR/USD,20140501 21:00:00.123,1.38,1.39", "EURUSD-2014-05.csv", "truefx"),
        ("292,1.38676,1.38686", "a/20140501_eurusd_tick_quote.csv", "lean"),
        ("292,435.1,0.5,435.2,12.25", "a/20140501_BTCUSD_Tick_Quote.csv", "lean-sized"),
        (
            "2014-05-01 22:00:20.786,1.2,1.1,0.75,1.50",
            "EURUSD-2014-05-01-2014-05-03.CSV",
            "go-duka-headerless",
        ),
    ],
)
def test_a_row_tells_where_there_is_no_header(row: str, where: str, name: str) -> None:
    for text in (row, f"{row}\r\n{row}\r\n", f"\ufeff{row}\n"):
        assert _recognised(text, where).name == name


@pytest.mark.parametrize("where", ["20140501_eurusd_tick_trade.csv", "20140501_eurusd_minute_quote.csv"])
def test_leans_trades_and_bars_are_no_quotes(where: str) -> None:
    """A trade is time, price and quantity: three numbers, as a quote."""
    with pytest.raises(SourceError, match="unknown CSV header"):
        _recognised("292,1.38676,1000", where)
    assert _recognised("292,1.38676,1.38686", where, "lean").name == "lean"  # it was insisted on


def test_whether_ask_or_bid_comes_first_is_not_guessed() -> None:
    with pytest.raises(SourceError, match="unknown CSV header"):
        _recognised("2014-05-01 22:00:20.786,1.2,1.1,0.75,1.50", "EURUSD.csv")


@pytest.mark.parametrize(
    ("time", "layout"),
    [
        ("1398898800292", "epoch milliseconds"),
        ("1398898800", "epoch seconds"),
        ("1398898800.292", "epoch seconds"),
        ("1398898800292000", "epoch microseconds"),
        ("1398898800292000001", "epoch nanoseconds"),
        ("2014-05-01T00:00:00.292Z", "%Y-%m-%dT%H:%M:%S%.fZ"),
        ("2014-05-01T00:00:00.292+02:00", "%Y-%m-%dT%H:%M:%S%.f%z"),
        ("2014-05-01 00:00:00", "%Y-%m-%d %H:%M:%S%.f"),
    ],
)
def test_the_first_time_tells_the_layout(time: str, layout: str) -> None:
    assert _recognised(f"timestamp,bid,ask\n,1,2\n{time},1,2\nno,1,2\n").times == (layout,)


def test_an_own_dialect_goes_before_the_packages() -> None:
    mine = _own("mine", header="timestamp,bid,ask")
    assert _recognised("timestamp,bid,ask\n", "x.csv", "", mine) is mine
    with pytest.raises(SourceError, match=r"x.csv: fits the dialects mine and other. Expected one"):
        _recognised("timestamp,bid,ask\n", "x.csv", "", mine, _own("other", header="Timestamp,Bid,Ask"))


def test_a_header_that_is_none_is_shown_in_part() -> None:
    with pytest.raises(SourceError) as caught:
        _recognised("x" * 10_000)
    assert str(caught.value).endswith(f"was '{'x' * 120}'")


def test_an_unknown_header_is_shown_with_the_known_ones() -> None:
    with pytest.raises(SourceError) as caught:
        _recognised("Time,Open,High,Low,Close\n")
    message = str(caught.value)
    assert message.startswith("EURUSD.csv: unknown CSV header. Expected one of")
    assert message.endswith("was 'Time,Open,High,Low,Close'")
    assert all(each.name in message and repr(each.header)[1:-1] in message for each in built_in())


def test_a_missing_column_is_an_unknown_header() -> None:
    with pytest.raises(SourceError, match="unknown CSV header"):
        _recognised("Time,Ask,Bid,AskVolume")


def test_a_named_dialect_must_fit() -> None:
    assert _recognised("Time,Ask,Bid,AskVolume,BidVolume", "x", "dukascopy").name == "dukascopy"
    with pytest.raises(SourceError, match="unknown CSV header") as caught:
        _recognised("Time,Ask,Bid,AskVolume,BidVolume", "x", "mt5")
    assert "dukascopy" not in str(caught.value)
    with pytest.raises(SetupError, match=r"Expected a CSV dialect of .*, ticklake, .*, was 'nosuch'"):
        _recognised("Time,Ask,Bid,AskVolume,BidVolume", "x", "nosuch")
