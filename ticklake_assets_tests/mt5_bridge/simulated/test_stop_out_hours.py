"""A stop out takes what can be closed: a symbol whose market is shut keeps its position until it opens."""

from __future__ import annotations

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.simulated.specification import Session, Specification
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    account,
    asked,
    eurusd,
    make_broker,
    market_order,
    quotes,
)


def test_a_stop_out_waits_for_the_market_of_the_worst_position() -> None:
    """At 11:00 on the broker's clock both are open; GBPUSD, which loses more, shuts at 11:01."""
    hours = (Session(weekday=2, opens=0, closes=661), Session(weekday=2, opens=670, closes=1440))
    gbpusd = Specification(name="GBPUSD", currency_base="GBP", currency_profit="USD", sessions=hours)
    broker = make_broker(eurusd(), gbpusd, accounts=(account(balance=1_000),))
    recordings = {
        "EURUSD": quotes((0, 1.1, 1.10002), (120, 1.0999, 1.09992), (700, 1.0999, 1.09992)),
        "GBPUSD": quotes((0, 1.2, 1.20002), (120, 1.1, 1.10002), (701, 1.1, 1.10002)),
    }
    server = Server(broker, recordings)
    for _ in range(2):
        server.step()
    server.send(LOGIN, asked("buy", 0.1))
    server.by_hand(LOGIN, **market_order("buy", 0.1, symbol="GBPUSD"))
    books = server.accounts[LOGIN].ledger
    assert len(books.positions) == 2
    while server.step():
        pass
    closed = [(deal.symbol, deal.time_us) for deal in books.deals if deal.reason == mt5.DEAL_REASON_SO]
    start_us = recordings["EURUSD"][0].ts_us
    assert ("GBPUSD", start_us + 120_000_000) not in closed
    assert [name for name, _ in closed] == ["EURUSD.m", "GBPUSD"]
    assert closed[1][1] == start_us + 700_000_000
