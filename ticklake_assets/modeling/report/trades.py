"""The test trades of a chain, each with its reason: rows for the page, and every figure as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.orders import DAY_END, LONG, STOP, TARGET, TIME
from ticklake_assets.modeling.judging.reasons import OrderReason
from ticklake_assets.modeling.judging.regimes import Condition
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport
from ticklake_assets.modeling.report.tables import Row
from ticklake_assets.modeling.trading.simulation import Trade

MOST_SHOWN = 400
"""Trades that a page has room for; of more those that won or lost most, in the order of time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDED = {TARGET: "target", STOP: "stop", TIME: "time", DAY_END: "day end"}


class _Told(NamedTuple):
    fold: FoldRecord
    trade: Trade
    condition: Condition
    reason: OrderReason


def trade_rows(report: WalkForwardReport) -> list[Row]:
    """The trades as a reader sees them; times are UTC."""
    instrument, told = instrument_of(report.symbol), list(_told(report.folds))
    most = sorted(range(len(told)), key=lambda at: -abs(told[at].trade.net))[:MOST_SHOWN]
    return [
        {
            "signal": f"{_time(trade.signal_us):%d %b %H:%M:%S}",
            "side": _side(trade),
            "entry": f"{trade.entry:.{instrument.digits}f} at {_time(trade.entry_us):%H:%M:%S}",
            "exit": f"{trade.exit:.{instrument.digits}f} at {_time(trade.exit_us):%H:%M:%S}",
            "ended": _ENDED[trade.outcome],
            "net": f"{trade.net / instrument.pip:+,.1f}",
            "stated": f"{_probability(trade, reason):.1%} ({fold.validation.thresholds.act:.1%})",
            "anomaly": f"{reason.anomaly:.2f} ({fold.validation.thresholds.anomaly:.2f})",
            "why": ", ".join(
                f"{each.feature} {each.value:.3g} ({each.for_side:+.2f})" for each in reason.weighed
            ),
        }
        for fold, trade, _, reason in (told[at] for at in sorted(most))
    ]


class TradeLine(NamedTuple):
    """A line of trades.csv: prices in price units, times in UTC, the rest in pips or as shares."""

    as_of: date
    signal: str
    side: str
    entry_time: str
    entry: float
    exit_time: str
    exit: float
    ended: str
    net_pips: float
    slippage_pips: float
    commission_pips: float
    markup_pips: float
    swap_pips: float
    worst_pips: float
    best_pips: float
    p_long: float
    p_short: float
    p_neither: float
    act: float
    anomaly: float
    anomaly_limit: float
    volatility_pips: float
    spread_pips: float
    why: str


def trades_csv(report: WalkForwardReport) -> str:
    """Every test trade with every figure."""
    return lines_csv(trade_lines(report.folds))


def trade_lines(folds: Sequence[FoldRecord]) -> list[TradeLine]:
    """The test trades of folds of one symbol, in the order of time."""
    pip = instrument_of(folds[0].test.symbol).pip
    return [_line(each, pip) for each in _told(folds)]


def lines_csv(lines: Iterable[TradeLine]) -> str:
    """Lines under their names, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TradeLine._fields)
    writer.writerows(lines)
    return text.getvalue()


def _line(told: _Told, pip: float) -> TradeLine:
    fold, trade, condition, reason = told
    return TradeLine(
        as_of=fold.as_of,
        signal=_time(trade.signal_us).isoformat(),
        side=_side(trade),
        entry_time=_time(trade.entry_us).isoformat(),
        entry=trade.entry,
        exit_time=_time(trade.exit_us).isoformat(),
        exit=trade.exit,
        ended=_ENDED[trade.outcome],
        net_pips=round(trade.net / pip, 6),
        slippage_pips=round(trade.slippage / pip, 6),
        commission_pips=round(trade.commission / pip, 6),
        markup_pips=round(trade.markup / pip, 6),
        swap_pips=round(trade.swap / pip, 6),
        worst_pips=round(trade.worst / pip, 6),
        best_pips=round(trade.best / pip, 6),
        p_long=reason.p_long,
        p_short=reason.p_short,
        p_neither=reason.p_neither,
        act=fold.validation.thresholds.act,
        anomaly=reason.anomaly,
        anomaly_limit=fold.validation.thresholds.anomaly,
        volatility_pips=condition.volatility_pips,
        spread_pips=condition.spread_pips,
        why="; ".join(f"{each.feature}={each.value:.9g} {each.for_side:+.4f}" for each in reason.weighed),
    )


def _told(folds: Sequence[FoldRecord]) -> Iterator[_Told]:
    for fold in folds:
        for day in fold.test.days:
            for trade, condition, reason in zip(day.trades, day.conditions, day.reasons, strict=True):
                yield _Told(fold, trade, condition, reason)


def _side(trade: Trade) -> str:
    return "long" if trade.side == LONG else "short"


def _probability(trade: Trade, reason: OrderReason) -> float:
    return reason.p_long if trade.side == LONG else reason.p_short


def _time(ts_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ts_us)
