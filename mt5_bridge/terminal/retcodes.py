"""What a trade server's answer means, and what the bridge does: one row for each TRADE_RETCODE, in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What the bridge does upon an answer to an entry."""

    DONE = "done"
    """Filled: looks for order, deals and position."""
    PARTIAL = "partial"
    """Filled in part: as `done`; a rest that waits is removed with the entry window."""
    PLACED = "placed"
    """Accepted and not filled yet: waits, and removes what is not filled within the entry window."""
    NO_ENTRY = "no_entry"
    """The market left before the order arrived, as in the order table: no position, and none will be."""
    AGAIN = "again"
    """Surely no order, and the price was the reason: tried at the new price, `attempts` times within the window."""
    REFUSED = "refused"
    """Surely no order: journaled with the reason, never sent again."""
    UNKNOWN = "unknown"
    """There may be an order: asked after until it is found, or for the stated time; never sent again."""


class Retcode(NamedTuple):
    code: int
    name: str
    """The vendor's, after TRADE_RETCODE_."""
    meaning: str
    action: Action

    @property
    def is_final(self) -> bool:
        """Whether it settles what became of the request."""
        return self.action not in {Action.PLACED, Action.AGAIN, Action.UNKNOWN}

    @property
    def reason(self) -> str:
        """A word for tables."""
        return self.name.lower()


RETCODES = {
    row.code: row
    for row in (
        Retcode(10004, "REQUOTE", "another price", Action.AGAIN),
        Retcode(10006, "REJECT", "rejected", Action.REFUSED),
        Retcode(10007, "CANCEL", "cancelled by a person", Action.REFUSED),
        Retcode(10008, "PLACED", "accepted, not filled yet", Action.PLACED),
        Retcode(10009, "DONE", "filled", Action.DONE),
        Retcode(10010, "DONE_PARTIAL", "filled in part", Action.PARTIAL),
        Retcode(10011, "ERROR", "the server failed over it", Action.UNKNOWN),
        Retcode(10012, "TIMEOUT", "no answer in time", Action.UNKNOWN),
        Retcode(10013, "INVALID", "a request that makes no sense", Action.REFUSED),
        Retcode(10014, "INVALID_VOLUME", "a volume that the symbol does not allow", Action.REFUSED),
        Retcode(10015, "INVALID_PRICE", "a price that is none", Action.REFUSED),
        Retcode(
            10016, "INVALID_STOPS", "stop or target at or beyond the price, or too near", Action.NO_ENTRY
        ),
        Retcode(10017, "TRADE_DISABLED", "the symbol or account may not trade", Action.REFUSED),
        Retcode(10018, "MARKET_CLOSED", "the market is closed", Action.REFUSED),
        Retcode(10019, "NO_MONEY", "not enough free margin", Action.REFUSED),
        Retcode(10020, "PRICE_CHANGED", "the price has changed", Action.AGAIN),
        Retcode(10021, "PRICE_OFF", "no quotes to fill it at", Action.AGAIN),
        Retcode(10022, "INVALID_EXPIRATION", "an expiration that is none", Action.REFUSED),
        Retcode(10023, "ORDER_CHANGED", "the order's state changed meanwhile", Action.UNKNOWN),
        Retcode(10024, "TOO_MANY_REQUESTS", "too many requests", Action.REFUSED),
        Retcode(10025, "NO_CHANGES", "nothing to change", Action.REFUSED),
        Retcode(10026, "SERVER_DISABLES_AT", "the server lets no program trade", Action.REFUSED),
        Retcode(10027, "CLIENT_DISABLES_AT", "the terminal's algo trading is off", Action.REFUSED),
        Retcode(10028, "LOCKED", "another request of it is at work", Action.UNKNOWN),
        Retcode(10029, "FROZEN", "too near to its stop or target to be changed", Action.REFUSED),
        Retcode(10030, "INVALID_FILL", "a filling mode that the symbol does not have", Action.REFUSED),
        Retcode(10031, "CONNECTION", "no connection to the server", Action.UNKNOWN),
        Retcode(10032, "ONLY_REAL", "for real accounts only", Action.REFUSED),
        Retcode(10033, "LIMIT_ORDERS", "as many orders as may wait", Action.REFUSED),
        Retcode(10034, "LIMIT_VOLUME", "as much volume of the symbol as may be", Action.REFUSED),
        Retcode(10035, "INVALID_ORDER", "an order type that is none", Action.REFUSED),
        Retcode(10036, "POSITION_CLOSED", "the position is closed already", Action.REFUSED),
        Retcode(10038, "INVALID_CLOSE_VOLUME", "more than the position holds", Action.REFUSED),
        Retcode(10039, "CLOSE_ORDER_EXIST", "a close of it is on its way", Action.REFUSED),
        Retcode(10040, "LIMIT_POSITIONS", "as many positions as may be", Action.REFUSED),
        Retcode(10041, "REJECT_CANCEL", "the waiting order was cancelled instead", Action.REFUSED),
        Retcode(10042, "LONG_ONLY", "the symbol may only be bought", Action.REFUSED),
        Retcode(10043, "SHORT_ONLY", "the symbol may only be sold", Action.REFUSED),
        Retcode(10044, "CLOSE_ONLY", "positions of the symbol may only be closed", Action.REFUSED),
        Retcode(10045, "FIFO_CLOSE", "positions close in the order in which they opened", Action.REFUSED),
    )
}


def retcode(code: int) -> Retcode:
    """The table's row; a code that is not in it says nothing of the order."""
    return RETCODES.get(code) or Retcode(code, f"RETCODE_{code}", "not in the table", Action.UNKNOWN)


INVALID_PARAMS = -2
"""Of `last_error`: the vendor's package found a field wrong and has sent nothing."""


def is_surely_unsent(code: int) -> bool:
    """Whether `last_error` beside an `order_send` that gave None says that nothing left.

    Anything else may have happened on the way back: -10005 is a timeout, -10004 a terminal that is gone, 1 a success
    without an answer.
    """
    return code == INVALID_PARAMS
