"""The journal held against the terminal: positions and orders that are on one side alone, or differ.

Strangers' positions are left alone and reported. A difference in what is ours stops new entries of its symbol until it
is gone: nobody mends it by guessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mt5_bridge.exact import exact
from mt5_bridge.terminal.records import BrokerOrder, BrokerPosition
from mt5_bridge.terminal.request import PREFIX, comment_of, magic_of
from mt5_bridge.trading.words import Entry, Fate, OrderState


class Kind(StrEnum):
    FOREIGN = "foreign"
    """Of a person or of another program."""
    UNJOURNALED = "unjournaled"
    """Bears our mark, and no intent of the journal: another bridge's, or the journal is not this account's."""
    LEFT_OPEN = "left_open"
    """Open at the terminal, and closed by the journal."""
    MISSING = "missing"
    """Open by the journal, and the terminal has neither the position nor its end."""
    SIDE = "side"
    VOLUME = "volume"
    UNPROTECTED = "unprotected"
    """Open without a stop at the broker: it dropped it, or a person took it away."""


@dataclass(frozen=True)
class Difference:
    kind: Kind
    symbol: str
    """Ours where we trade it, else the broker's."""
    ticket: int | None
    intent_id: str | None
    detail: str
    """A plain sentence."""
    halts: bool
    """Whether nothing new is entered of the symbol meanwhile."""


@dataclass(frozen=True)
class Reconciliation:
    differences: tuple[Difference, ...]
    agreed: int
    """Positions that are the same on both sides."""
    unresolved: tuple[str, ...]
    """Intents whose fate only the terminal can tell, and has not yet."""
    open_orders: int = 0
    """Orders of ours that wait at the terminal."""
    halts: Mapping[str, str] = field(init=False)
    """By symbol, why nothing new is entered."""

    def __post_init__(self) -> None:
        halts = {
            each.symbol: f"{each.kind}: {each.detail}" for each in reversed(self.differences) if each.halts
        }
        object.__setattr__(self, "halts", halts)

    @property
    def is_clean(self) -> bool:
        return not self.halts


def reconcile(
    entries: Iterable[Entry],
    positions: Iterable[BrokerPosition],
    orders: Iterable[BrokerOrder],
    names: Mapping[str, str],
    *,
    is_netting: bool,
) -> Reconciliation:
    """`entries` are the journal's, `names` the broker's by ours; the terminal was asked for both lists just now."""
    sent = [entry for entry in entries if entry.is_sent]
    book = _Book(sent)
    ours = {name: symbol for symbol, name in names.items()}
    found: list[Difference] = []
    seen: set[str] = set()
    agreed = 0
    for position in positions:
        entry = book.entry_of(position)
        symbol = ours.get(position.symbol, position.symbol)
        if entry is None:
            found.append(_strange(position, symbol, is_netting=is_netting and position.symbol in ours))
            continue
        seen.add(entry.intent.intent_id)
        differences = list(_compared(entry, position, symbol))
        agreed += not differences
        found += differences
    found += _missing(sent, seen)
    waiting = [order for order in orders if book.entry_of(order) is not None]
    unresolved = tuple(entry.intent.intent_id for entry in sent if entry.fate in (Fate.SENDING, Fate.UNKNOWN))
    return Reconciliation(tuple(found), agreed, unresolved, len(waiting))


class _Book:
    """Entries by what an order of theirs bears; a broker may cut or replace a comment."""

    def __init__(self, sent: Iterable[Entry]) -> None:
        self._by_magic = {magic_of(entry.intent.intent_id): entry for entry in sent}
        self._by_comment = {comment_of(entry.intent.intent_id): entry for entry in sent}

    def entry_of(self, row: BrokerPosition | BrokerOrder) -> Entry | None:
        length = len(PREFIX) + 16
        return self._by_magic.get(row.magic) or self._by_comment.get(row.comment[:length])


def _strange(position: BrokerPosition, symbol: str, *, is_netting: bool) -> Difference:
    told = f"position {position.ticket} of {position.volume:g} lots of {position.symbol} is not the bridge's"
    if position.comment.startswith(PREFIX):
        detail = f"{told}, though it bears the mark {position.comment!r}"
        return Difference(Kind.UNJOURNALED, symbol, position.ticket, None, detail, halts=True)
    detail = f"{told}; on a netting account an order would change it" if is_netting else told
    return Difference(Kind.FOREIGN, symbol, position.ticket, None, detail, halts=is_netting)


def _compared(entry: Entry, position: BrokerPosition, symbol: str) -> Iterator[Difference]:
    intent = entry.intent
    told = f"position {position.ticket} of intent {intent.intent_id}"

    def difference(kind: Kind, detail: str) -> Difference:
        return Difference(kind, symbol, position.ticket, intent.intent_id, detail, halts=True)

    if entry.fate not in {OrderState.OPEN, OrderState.ACCEPTED}:
        yield difference(Kind.LEFT_OPEN, f"{told} is open, and {entry.fate} by the journal")
        return
    side = "long" if position.type == 0 else "short"
    if side != intent.side:
        yield difference(Kind.SIDE, f"{told} is {side}, and {intent.side} by the journal")
    volume = exact(position.volume)
    if entry.position is not None and volume != entry.position.left:
        yield difference(Kind.VOLUME, f"{told} has {volume} lots, and {entry.position.left} by the journal")
    if not position.sl:
        yield difference(Kind.UNPROTECTED, f"{told} has no stop at the broker")


def _missing(sent: Iterable[Entry], seen: set[str]) -> Iterator[Difference]:
    for entry in sent:
        intent = entry.intent
        if entry.fate is OrderState.OPEN and intent.intent_id not in seen:
            ticket = None if entry.position is None else entry.position.ticket
            detail = (
                f"the position of intent {intent.intent_id} is open by the journal, and the terminal has none"
            )
            yield Difference(Kind.MISSING, intent.symbol, ticket, intent.intent_id, detail, halts=True)
