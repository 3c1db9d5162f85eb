"""The bridge's memory: every intent, and what became of it, in the order it happened.

    intent -> risk -> sending -> fate | report, request, report ...

An intent is on disk before anything is asked of the terminal, `sending` directly before the order is handed over: an
intent without it surely never left; with it the order may have, and is never sent again. What became of such an
order, the terminal says. At most one position an intent, whatever dies when.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal

from mt5_bridge.append_log import ChainedLog, LookedAtLog, Record
from mt5_bridge.errors import JournalError
from mt5_bridge.trading.words import (
    Entry,
    Fate,
    Fill,
    Intent,
    Order,
    OrderReport,
    OrderState,
    Outcome,
    Position,
    Request,
    Witness,
)

JOURNAL_FILE = "journal.jsonl"
"""Its name in the bridge's folder."""
_AMOUNTS = ("volume", "left", "money")
"""Fields of a position that are Decimal: strings in the file, so that nothing rounds them."""


class Journal:
    """Intents of one account by id, rebuilt from the log on opening."""

    def __init__(self, log: ChainedLog | LookedAtLog) -> None:
        """One that is only looked at takes no new records."""
        self._log = log
        self._witnesses: tuple[Witness, ...] = ()
        self._named: dict[str, int] = {}
        """Hashes of the terminals' logs that were named, with the first line that did."""
        self.entries: dict[str, Entry] = {}
        self.facts: list[Record] = []
        """What the rules of risk remember, in their own words."""
        for number, record in enumerate(log.records, start=2):  # the first line is the session's
            self._read(record, number)

    def hold_against(self, *witnesses: Witness) -> None:
        """See that journal and terminals' logs belong together, and name the latter's heads in each line from now on.

        Raises JournalError where a terminal has an order that was never sent from here, or none has a line that is
        named here: one of them is another's, or lost its end.
        """
        for head, number in self._named.items():
            if not any(witness.holds(head) for witness in witnesses):
                raise JournalError(
                    f"{self._log.path}, line {number}: Expected the terminal's log to hold the line {head}, was "
                    "without it: that log is another's, or was shortened"
                )
        for intent_id in [each for witness in witnesses for each in witness.order_ids()]:
            entry = self.entries.get(intent_id)
            if entry is None or not entry.is_sent:
                raise JournalError(
                    f"{self._log.path}: Expected each order of the terminal's log to have been sent from here, was "
                    f"without a word of sending {intent_id}: this journal is another's, or was shortened"
                )
        self._witnesses = witnesses

    def intend(self, intent: Intent, order: Order) -> None:
        """Put an intent on disk. Only after this returns may it be acted on."""
        if intent.intent_id in self.entries:
            raise JournalError(f"Intent {intent.intent_id} is in the journal already. Expected a new one")
        self._write({"kind": "intent", **asdict(intent), "order": order_record(order)}, durable=True)

    def decline(self, intent: Intent, reason: str) -> None:
        """Record a decision not to act, so that a restart does not decide anew."""
        self._write(
            {"kind": "intent", **asdict(intent), "fate": Fate.DECLINED, "reason": reason}, durable=False
        )

    def sending(self, order: Order) -> None:
        """Put on disk that an intent's order is handed over now, of this volume."""
        fate = self.entries[order.intent_id].fate
        if fate is not Fate.INTENDED:
            raise JournalError(f"Intent {order.intent_id} is {fate}. Expected one that never left")
        record = {"kind": "sending", "intent_id": order.intent_id, "volume": str(order.volume)}
        self._write(record, durable=True)

    def request(self, request: Request) -> None:
        """Put on disk what else the terminal is asked for now."""
        self._write({"kind": "request", **request._asdict()}, durable=True)

    def settle(self, intent_id: str, fate: Fate, reason: str, detail: str = "") -> None:
        record = {"kind": "fate", "intent_id": intent_id, "fate": fate, "reason": reason, "detail": detail}
        self._write(record, durable=False)

    def report(self, report: OrderReport) -> None:
        """Record the terminal's word. What a power cut takes of it, the terminal says again."""
        self._write(report_record(report), durable=False)

    def fact(self, fact: Record, *, durable: bool = False) -> None:
        """Record what the rules of risk have to remember."""
        self._write({"kind": "risk", "fact": fact}, durable=durable)

    def note(self, about: str, detail: Record) -> None:
        """Record what is no step of an order: a stranger's position, a difference, a person's command."""
        self._write({"kind": "note", "about": about, "detail": detail}, durable=False)

    def _write(self, record: Record, *, durable: bool) -> None:
        if self._witnesses:
            record["terminal"] = [witness.head for witness in self._witnesses]
        assert isinstance(self._log, ChainedLog)
        self._log.append(record, durable=durable)
        self._apply(record)

    def _read(self, record: Record, number: int) -> None:
        try:
            for head in record.get("terminal", ()):
                self._named.setdefault(head, number)
            self._apply(record)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise JournalError(
                f"{self._log.path}, line {number}: not a journal record ({error!r}). Was {record}"
            ) from error

    def _apply(self, record: Record) -> None:
        match record["kind"]:
            case "intent":
                intent = Intent(**{name: record[name] for name in Intent.__dataclass_fields__})
                order = read_order(record["order"]) if "order" in record else None
                fate = Fate(record.get("fate", Fate.INTENDED))
                self.entries[intent.intent_id] = Entry(intent, order, fate, record.get("reason", ""))
            case "sending":
                entry = self.entries[record["intent_id"]]
                assert entry.order is not None
                entry.order = replace(entry.order, volume=Decimal(record["volume"]))
                entry.fate = Fate.SENDING
            case "request":
                request = Request(**{name: record[name] for name in Request._fields})
                self.entries[request.intent_id].ask(request)
            case "fate":
                entry = self.entries[record["intent_id"]]
                entry.fate, entry.reason, entry.detail = (
                    Fate(record["fate"]),
                    record["reason"],
                    record["detail"],
                )
            case "report":
                report = read_report(record)
                entry = self.entries[report.intent_id]
                entry.fate, entry.position = report.state, report.position
                entry.reason, entry.detail = "", report.note
            case "risk":
                self.facts.append(record["fact"])
            case "note":
                pass
            case kind:
                raise ValueError(f"kind {kind!r}")


def order_record(order: Order) -> Record:
    return {**asdict(order), "volume": str(order.volume)}


def read_order(record: Record) -> Order:
    fields = {name: record[name] for name in Order.__dataclass_fields__}
    return Order(**{**fields, "volume": Decimal(fields["volume"])})


def report_record(report: OrderReport) -> Record:
    record: Record = {"kind": "report", **asdict(report)}
    position = record["position"]
    if position is not None:
        for name in _AMOUNTS:
            position[name] = None if position[name] is None else str(position[name])
    return record


def read_report(record: Record) -> OrderReport:
    body = record["position"]
    position = None
    if body is not None:
        body = {name: body[name] for name in Position.__dataclass_fields__}
        outcome = None if body["outcome"] is None else Outcome(body["outcome"])
        exit_fill = None if body["exit"] is None else Fill(**body["exit"])
        amounts = {name: None if body[name] is None else Decimal(body[name]) for name in _AMOUNTS}
        typed = {"entry": Fill(**body["entry"]), "exit": exit_fill, "outcome": outcome, **amounts}
        position = Position(**{**body, **typed})
    return OrderReport(record["intent_id"], OrderState(record["state"]), position, record["note"])
