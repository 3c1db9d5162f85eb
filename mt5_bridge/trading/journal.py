"""The bridge's memory: every intent, and what became of it, in the order it happened.

An intent is on disk before its order is sent, and an intent that is on disk is never sent again: at most
one position an intent, whatever dies when. What an interrupted intent became, the terminal says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from mt5_bridge.append_log import AppendLog, Record
from mt5_bridge.errors import JournalError
from mt5_bridge.trading.words import Fill, Intent, Order, OrderReport, OrderState, Outcome, Position


class Fate(StrEnum):
    """What is known of an intent whose order is not, or not yet, confirmed by the terminal."""

    INTENDED = "intended"
    """On disk; the order may or may not have been sent."""
    UNKNOWN = "unknown"
    """Sent, and no answer came."""
    DECLINED = "declined"
    """Not sent on purpose: the position is busy."""
    REFUSED = "refused"
    """The terminal said no."""
    NEVER_ARRIVED = "never_arrived"
    """The terminal, asked later, knows of no such order."""


@dataclass
class Entry:
    """An intent and the newest that is known of it."""

    intent: Intent
    fate: Fate | OrderState = Fate.INTENDED
    position: Position | None = None

    @property
    def is_unresolved(self) -> bool:
        """Whether only the terminal can say what is true now."""
        return self.fate in {Fate.INTENDED, Fate.UNKNOWN, OrderState.ACCEPTED, OrderState.OPEN}


class Journal:
    """Intents of one session by id, rebuilt from the log on opening."""

    def __init__(self, log: AppendLog) -> None:
        self._log = log
        self.entries: dict[str, Entry] = {}
        for record in log.records:
            self._apply(record)

    def intend(self, intent: Intent, order: Order) -> None:
        """Put an intent on disk. Only after this returns may its order be sent."""
        if intent.intent_id in self.entries:
            raise JournalError(f"Intent {intent.intent_id} is in the journal already. Expected a new one")
        self._write({"kind": "intent", **asdict(intent), "order": asdict(order)}, durable=True)

    def decline(self, intent: Intent, reason: str) -> None:
        """Record a decision not to act, so that a restart does not decide anew."""
        self._write(
            {"kind": "intent", **asdict(intent), "fate": Fate.DECLINED, "reason": reason}, durable=False
        )

    def settle(self, intent_id: str, fate: Fate, reason: str) -> None:
        self._write({"kind": "fate", "intent_id": intent_id, "fate": fate, "reason": reason}, durable=False)

    def report(self, report: OrderReport) -> None:
        """Record the terminal's word. What a power cut takes of it, the terminal says again."""
        self._write(report_record(report), durable=False)

    def _write(self, record: Record, *, durable: bool) -> None:
        self._log.append(record, durable=durable)
        self._apply(record)

    def _apply(self, record: Record) -> None:
        try:
            self._apply_kind(record)
        except (KeyError, TypeError, ValueError) as error:
            raise JournalError(f"{self._log.path}: not a journal record ({error!r}). Was {record}") from error

    def _apply_kind(self, record: Record) -> None:
        kind = record["kind"]
        if kind == "intent":
            intent = Intent(**{name: record[name] for name in Intent.__dataclass_fields__})
            self.entries[intent.intent_id] = Entry(intent, Fate(record.get("fate", Fate.INTENDED)))
        elif kind == "fate":
            self.entries[record["intent_id"]].fate = Fate(record["fate"])
        elif kind == "report":
            report = read_report(record)
            entry = self.entries[report.intent_id]
            entry.fate, entry.position = report.state, report.position
        else:
            raise ValueError(f"kind {kind!r}")


def report_record(report: OrderReport) -> Record:
    return {"kind": "report", **asdict(report)}


def read_report(record: Record) -> OrderReport:
    body = record["position"]
    position = None
    if body is not None:
        outcome = None if body["outcome"] is None else Outcome(body["outcome"])
        exit_fill = None if body["exit"] is None else Fill(**body["exit"])
        position = Position(Fill(**body["entry"]), exit_fill, outcome, body["net"])
    return OrderReport(record["intent_id"], OrderState(record["state"]), position)
