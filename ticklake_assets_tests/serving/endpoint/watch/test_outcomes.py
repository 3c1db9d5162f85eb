from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from serving.endpoint.watch.outcomes import Outcomes, Totals, _Open
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.orders import NO_ENTRY
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.decision import MarketEvent
from ticklake_assets_tests.modeling.markets import market

DAY = SymbolDay("SYNEUR", date(2024, 1, 5))
MINUTE_US = 60_000_000


class Noted(Outcomes):
    """Beside the sums every single result, by its event's time."""

    def __init__(self, day: SymbolDay, instrument: Instrument) -> None:
        super().__init__(day, instrument)
        self.pips: dict[int, float] = {}

    def _count(self, order: _Open, pips: float, *, entered: bool) -> None:
        self.pips[order.event.ts_us] = pips
        super()._count(order, pips, entered=entered)


def followed(side: int, *, acted: bool, end: bool = True, minutes: int = 15) -> Noted:
    """Every event of the day as an order of one side, settled as the day goes on."""
    instrument = instrument_of(DAY.symbol)
    outcomes = Noted(DAY, instrument)
    quotes, events = market().quotes[DAY.trading_day], market().features[DAY.trading_day]
    rows = {ts_us: row for row, ts_us in enumerate(events.ts_us.tolist())}
    settle_at = 0
    for ts_us, bid, ask in zip(quotes.ts_us.tolist(), quotes.bid.tolist(), quotes.ask.tolist(), strict=True):
        if ts_us >= settle_at:
            settle_at = ts_us + minutes * MINUTE_US
            outcomes.settle()
        outcomes.tick(ts_us, bid, ask)
        if (row := rows.pop(ts_us, None)) is not None:
            event = MarketEvent.at(ts_us, events.context[row], instrument)
            outcomes.signal(event, side, acted=acted, tenth=row % 10)
    if end:
        outcomes.settle(day_is_over=True)
    return outcomes


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("minutes", [1, 15, 10_000])
def test_outcomes_are_the_labels_of_the_day(side: int, minutes: int) -> None:
    """Worked out early or late, from the quotes that were kept alone."""
    events = market().features[DAY.trading_day]
    quotes, pip = market().quotes[DAY.trading_day], market().instrument.pip
    labels = label_day(DAY, quotes, events, instrument_of(DAY.symbol))
    expected = labels.long if side == 1 else labels.short
    entered = expected.outcome != NO_ENTRY
    outcomes = followed(side, acted=True, minutes=minutes)
    totals = outcomes.totals
    assert outcomes.pips == dict(zip(events.ts_us.tolist(), (expected.net / pip).tolist(), strict=True))
    assert totals.events == totals.asked == totals.acted == len(events.ts_us)
    assert (totals.settled, totals.no_entry) == (int(entered.sum()), int((~entered).sum()))
    assert totals.hits == int((expected.net[entered] > 0).sum())
    assert totals.net_pips == pytest.approx(expected.net[entered].sum() / pip)
    assert totals.strange_orders == tuple(len(expected.net[k::10]) for k in range(10))
    assert totals.strange_pips == pytest.approx([expected.net[k::10].sum() / pip for k in range(10)])
    assert totals.given_up == 0


def test_what_abstaining_held_back_is_counted_apart() -> None:
    acted, held = followed(1, acted=True).totals, followed(1, acted=False).totals
    assert (held.acted, held.settled, held.net_pips) == (0, 0, 0.0)
    assert held.held_back_pips == pytest.approx(acted.net_pips)


def test_a_stream_that_ends_leaves_orders_unknown() -> None:
    outcomes = followed(1, acted=True, end=False)
    before = outcomes.totals
    outcomes.give_up()
    assert outcomes.totals.given_up == before.asked - before.settled - before.no_entry > 0


def test_quotes_are_kept_no_longer_than_an_order_is_open() -> None:
    outcomes = followed(0, acted=False, minutes=1)
    assert outcomes.totals.asked == 0
    assert len(outcomes._ts) < 200


def test_totals_go_on_where_the_day_before_ended() -> None:
    first = followed(1, acted=True).totals
    assert Outcomes(DAY, instrument_of(DAY.symbol), first).totals == first
    assert Totals.model_validate_json(first.canonical()) == first
    assert np.isfinite(first.net_pips)
