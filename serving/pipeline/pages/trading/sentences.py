"""What a word of the journal means: a plain sentence for each reason why an order was not sent."""

from __future__ import annotations

from mt5_bridge.terminal.retcodes import RETCODES

_REASONS = {
    # the rules of risk, in the order in which they ask
    "killed": "The kill switch was on.",
    "endpoint_abstains": "The endpoint's model abstained, or its breaker was open.",
    "no_price": "There was no usable price.",
    "no_equity": "The account had no equity, or did not say it.",
    "no_rate": "The quote currency had no rate in the account's currency.",
    "no_stop": "The signal had no stop on the losing side.",
    "weekend": "The weekend was near.",
    "rollover": "The rollover was near.",
    "news": "It was a time of news, by the calendar.",
    "spread": "The spread was wider than its limit.",
    "slippage": "Entries had slipped more than their limit.",
    "trades_a_day": "The day had as many trades as its limit allows.",
    "losing_streak": "As many trades in a row had lost as its limit allows.",
    "risk_a_trade": "Even the least volume would have risked more than a trade may.",
    "open_risk": "All open positions together would have risked more than they may.",
    "daily_loss": "The day had lost as much as its limit allows, or would have at the stops.",
    "drawdown": "The equity was as far below its peak as its limit allows, or would have been at the stops.",
    "margin": "It would have bound more margin than its limit allows.",
    "symbol_exposure": "The symbol's positions would have been larger than their limit.",
    "total_exposure": "All positions together would have been larger than their limit.",
    "currency_exposure": "Positions of one currency would have been larger than their limit.",
    "group_exposure": "Positions of symbols that move together would have been larger than their limit.",
    "max_lots": "The volume was more than its limit.",
    "broker_volume": "The broker's own bounds left no volume.",
    # how far a signal is trusted
    "signal_old": "The signal was too old when it came.",
    "signal_from_future": "The signal was ahead of this machine's clock.",
    "terminal_clock": "This machine's clock and the terminal's were apart.",
    "endpoint_clock": "This machine's clock and the endpoint's were apart.",
    "quote_missing": "The terminal had no quote of its own.",
    "quote_old": "The terminal's newest quote was too old.",
    "spread_wide": "The terminal's spread was several times that of the signal.",
    "price_away": "The price had moved too far since the signal.",
    "difference": "Journal and terminal differed: a person has to look.",
    # what the terminal holds
    "position_open": "A position of the symbol was open already, or an order's fate was not known yet.",
    "foreign_position": "A person or another program held the symbol, on an account that nets.",
    "unknown_position": "The terminal had a position with the bridge's mark that the journal does not know.",
    "terminal_silent": "The terminal did not say what it holds.",
    # sending
    "entry_window": "Its time to enter was over before it could be sent.",
    "day_over": "Its day was over before it could be sent.",
    "no_trace": "The bridge ended while sending, and the terminal knows of no such order.",
    "stops_too_near": "Stop or target were nearer than the broker allows.",
    "dry_run": "A dry run sends nothing.",
    "account": "The terminal was logged in to another account.",
    "unknown_symbol": "The terminal does not know the symbol.",
    "order_check": "The terminal's own check gave no answer.",
    "invalid_params": "The terminal found a field of the request wrong, and sent nothing.",
    "shadow": "The model had not passed its gates.",
}
_BROKER = {row.reason: f"The broker's answer: {row.meaning}." for row in RETCODES.values()}


def refusal_sentence(reason: str, detail: str) -> str:
    """A plain sentence; what the rule itself said, with its numbers, stands behind it."""
    known = _REASONS.get(reason) or _BROKER.get(reason) or f"The bridge's word for it is {reason!r}."
    return f"{known} {detail}".strip()
