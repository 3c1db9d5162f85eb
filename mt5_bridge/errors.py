"""Every error of the bridge, drawn as one tree.

BridgeError
├── AttributionError    a day that cannot be explained: its documents are of different things
├── ClockError          a broker's clock that cannot be what it is said to be
├── DayError            a day of ticks that cannot be written
│   └── NoTicks         the terminal has none of that day
├── EndpointError       the endpoint refused something or broke the wire contract
│   └── ConnectionLost  the stream broke: reconnecting may help
│       └── DayTaken    the endpoint has a client of this symbol-day, maybe what is left of our own
├── FeedError           a raw CSV that cannot be read as ticks
├── JournalError        the journal is damaged, another bridge holds it, or the disk refuses it
├── LimitsError         limits of risk, or their calendar, that cannot be meant
├── ModeRefused         the mode does not fit the account, the model or what a person said
├── SetupError          what the command line names cannot be used
└── TerminalError       the terminal does not do what was asked
    ├── AccountChanged  the terminal is logged in to another account than at the start
    ├── OrderRefused    a definite no: there is no order
    └── OutcomeUnknown  no answer: there may be an order; ask the terminal, never send again
"""

from __future__ import annotations


class BridgeError(Exception):
    """Base of all errors that the bridge raises on purpose."""


class AttributionError(BridgeError):
    """A day that cannot be explained: its documents are of different days, symbols, accounts or signals."""


class ClockError(BridgeError):
    """A broker's clock that cannot be what it is said to be."""


class DayError(BridgeError):
    """A day of ticks that cannot be written: not over, empty, in the way of another file, or no room."""


class NoTicks(DayError):  # noqa: N818 - named by what happened
    """The terminal has no tick of that day: the market was closed, or the broker does not keep it."""


class EndpointError(BridgeError):
    """The endpoint refused something or broke the wire contract."""


class ConnectionLost(EndpointError):  # noqa: N818 - named by what happened
    """The stream broke in the middle: reconnecting may help."""


class DayTaken(ConnectionLost):
    """The endpoint has a client of this symbol-day: another one, or what is left of our own connection."""


class FeedError(BridgeError):
    """A raw CSV that cannot be read as ticks."""


class JournalError(BridgeError):
    """The journal is damaged, another bridge holds it, or the disk refuses it."""


class LimitsError(BridgeError):
    """Limits of risk, or their calendar, that cannot be meant: the file, the name, and what was expected."""


class ModeRefused(BridgeError):  # noqa: N818 - named by what happened
    """Paper, demo or live does not fit the account, the model in service, or what a person said."""


class SetupError(BridgeError):
    """What the command line names cannot be used: the token file, the place of the summary."""


class TerminalError(BridgeError):
    """The terminal does not do what was asked."""


class AccountChanged(TerminalError):  # noqa: N818 - named by what happened
    """The terminal is logged in to another account than at the start: nothing may be sent to it."""


class OrderRefused(TerminalError):  # noqa: N818 - named by what happened
    """A definite no: the terminal has no order. `reason` is a word for tables."""

    def __init__(self, message: str, reason: str = "refused") -> None:
        super().__init__(message)
        self.reason = reason


class OutcomeUnknown(TerminalError):  # noqa: N818 - named by what happened
    """No answer: the terminal may have an order. Ask it; never send again."""
