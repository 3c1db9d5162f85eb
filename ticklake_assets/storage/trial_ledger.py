"""How often validation days were judged and test days opened: the true N of the deflated Sharpe ratio.

The same tested bundles chain in many ways (how many folds, which variant of each), and the report that is kept is
one of them: chains are counted beside the openings of single days.

Every distinct trial is one create-only object, named by what it was; a count is a listing. Running the same
again (same code, configuration and dataset) is the same object and counts once; nothing is ever subtracted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256

from ticklake_assets.core.errors import DataError, ImmutabilityError
from ticklake_assets.storage.object_store import ObjectStore


class TrialLedger:
    """Selections deflate the validation Sharpe, openings the test Sharpe (MODEL.md, two trial counts)."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def record_selection(
        self, symbol: str, as_of: date, digest: str, count: int, details: Mapping[str, str] | None = None
    ) -> None:
        """Note that `count` fits x thresholds were judged on an as-of day's validation window.

        `digest` identifies the search: code, configuration and dataset. `details` say who, when and what.
        """
        if count < 1:
            raise DataError(
                f"A selection of {symbol} {as_of} judged nothing. Expected a count from 1, was {count}"
            )
        key = f"{_selections(symbol, as_of)}{_digest(digest)}-{count}.json"
        self._note(
            key, {"symbol": symbol, "as_of": as_of.isoformat(), "count": str(count), **(details or {})}
        )

    def selections(self, symbol: str, as_of: date, besides: str | None = None) -> int:
        """Fits x thresholds ever judged on the validation window before this day.

        `besides` is the digest of a search that is left out: repeated, it is no earlier selection of itself.
        """
        names = [stored.key.rsplit("/", 1)[1] for stored in self._store.list(_selections(symbol, as_of))]
        trials = [name.removesuffix(".json").rsplit("-", 1) for name in names]
        own = None if besides is None else _digest(besides)
        return sum(int(count) for digest, count in trials if digest != own)

    def record_opening(
        self, symbol: str, test_days: Sequence[date], chain: str, details: Mapping[str, str] | None = None
    ) -> None:
        """Note that a chain (digest of code, configuration, datasets) was evaluated on these test days."""
        if not test_days:
            raise DataError(f"An opening of {symbol} names no test day. Expected at least one, was none")
        for day in test_days:
            self._note(
                f"{_openings(symbol, day)}{_digest(chain)}.json",
                {"symbol": symbol, "test_day": day.isoformat(), "chain": chain, **(details or {})},
            )

    def openings(self, symbol: str, test_days: Iterable[date]) -> int:
        """Distinct chains ever evaluated on any of these test days."""
        return len(
            {
                stored.key.rsplit("/", 1)[1]
                for day in test_days
                for stored in self._store.list(_openings(symbol, day))
            }
        )

    def record_chain(
        self, symbol: str, test_days: Sequence[date], chain: str, details: Mapping[str, str] | None = None
    ) -> None:
        """Note that a walk-forward report judged this chain of bundles (`chain_digest`) over these test days."""
        if not test_days:
            raise DataError(f"A chain of {symbol} names no test day. Expected at least one, was none")
        days = {"first_day": min(test_days).isoformat(), "last_day": max(test_days).isoformat()}
        key = f"{_chains(symbol)}{days['first_day']}_{days['last_day']}/{_digest(chain)}.json"
        self._note(key, {"symbol": symbol, "chain": chain, **days, **(details or {})})

    def chains(self, symbol: str, test_days: Sequence[date]) -> int:
        """Distinct chains ever judged over days that overlap these; a chain's test days have no gap."""
        if not test_days:
            return 0
        first, last = min(test_days).isoformat(), max(test_days).isoformat()
        overlapping = set()
        for stored in self._store.list(_chains(symbol)):
            days, name = stored.key.rsplit("/", 2)[1:]
            begins, ends = days.split("_")
            if begins <= last and first <= ends:
                overlapping.add(name)
        return len(overlapping)

    def _note(self, key: str, record: Mapping[str, str]) -> None:
        """The first note of a trial stays: when it happened first is what matters."""
        try:
            self._store.create(key, json.dumps(record, sort_keys=True).encode())
        except ImmutabilityError:
            return


def _selections(symbol: str, as_of: date) -> str:
    return f"ledger/selections/{symbol}/{as_of.isoformat()}/"


def _openings(symbol: str, test_day: date) -> str:
    return f"ledger/openings/{symbol}/{test_day.isoformat()}/"


def _chains(symbol: str) -> str:
    return f"ledger/chains/{symbol}/"


def _digest(identity: str) -> str:
    """A name of one length for any identity."""
    return sha256(identity.encode()).hexdigest()
