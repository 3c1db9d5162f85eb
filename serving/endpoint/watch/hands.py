"""What people did to a symbol's breaker, on disk: it outlives the process, and a replay does it at the same ticks."""

from __future__ import annotations

from pathlib import Path

from serving.endpoint.watch.breaker import Hand
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.document import Document, read_document

MOST = 400


class _Log(Document):
    hands: tuple[Hand, ...] = ()


class Hands:
    """By the time at which they were done, so that a tick's received time says which count for it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        kept = read_document(_Log, file.read_bytes(), file.name) if file.exists() else _Log()
        self._hands = kept.hands
        self.last_us = self._hands[-1].at_us if self._hands else -1

    def add(self, *, opens: bool, reason: str, now_us: int) -> Hand:
        """Note it on disk, then in memory; times increase, whatever the clock does."""
        hand = Hand(at_us=max(now_us, self.last_us + 1), opens=opens, reason=reason)
        hands = (*self._hands, hand)[-MOST:]
        replace_file(self._file, _Log(hands=hands).canonical())
        self._hands, self.last_us = hands, hand.at_us
        return hand

    def between(self, after_us: int, until_us: int) -> tuple[Hand, ...]:
        """Those after one moment and up to another."""
        return tuple(each for each in self._hands if after_us < each.at_us <= until_us)
