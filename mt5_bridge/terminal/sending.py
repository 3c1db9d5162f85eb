"""The one place that hands requests to a terminal, and reads its answers by the table of retcodes."""

from __future__ import annotations

from mt5_bridge.errors import OrderRefused, OutcomeUnknown
from mt5_bridge.terminal.look import Observer
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.records import Checked, Sent, read
from mt5_bridge.terminal.request import Request
from mt5_bridge.terminal.retcodes import Action, Retcode, is_surely_unsent, retcode

_OK = 0
"""The retcode of `order_check` for yes."""


class Unfit(OrderRefused):
    """A no with its row of the table."""

    def __init__(self, row: Retcode, words: str) -> None:
        super().__init__(f"{row.name} {row.code}: {row.meaning} ({words})", row.reason)
        self.row = row


class Sender:
    def __init__(self, mt5: Mt5, observer: Observer) -> None:
        self._mt5 = mt5
        self._observer = observer

    def check(self, request: Request) -> None:
        """Ask beforehand; OrderRefused where the answer is no, or is none. Nothing is sent."""
        answer = self._mt5.order_check(request)
        if answer is None:
            code, text = self._mt5.last_error()
            raise OrderRefused(f"order_check of {request} gave nothing: error {code} ({text})", "order_check")
        checked = read(Checked, answer)
        if checked.retcode != _OK:
            raise Unfit(retcode(checked.retcode), f"order_check: {checked.comment}")

    def send(self, request: Request) -> None:
        """Send once; returns where there is an order now.

        Raises OrderRefused, or Unfit, where there surely is none, and OutcomeUnknown in every other case.
        """
        try:
            self._observer.assert_same_account()
        except OutcomeUnknown as error:
            raise OrderRefused(str(error), "account") from error
        try:
            answer = self._mt5.order_send(request)
            sent = None if answer is None else read(Sent, answer)
            code, text = self._mt5.last_error()
        except OrderRefused:
            raise
        except Exception as broken:  # whatever broke, the request may have been on its way
            raise OutcomeUnknown(f"order_send broke: {broken!r}") from broken
        if sent is not None:
            self._assert_order(retcode(sent.retcode), sent.comment)
        elif is_surely_unsent(code):
            raise OrderRefused(f"order_send refused {request}: error {code} ({text})", "invalid_params")
        else:
            raise OutcomeUnknown(f"order_send gave nothing: error {code} ({text})")

    def _assert_order(self, row: Retcode, words: str) -> None:
        if row.action is Action.UNKNOWN:
            raise OutcomeUnknown(f"{row.name} {row.code}: {row.meaning} ({words})")
        if row.action in {Action.NO_ENTRY, Action.AGAIN, Action.REFUSED}:
            raise Unfit(row, words)
