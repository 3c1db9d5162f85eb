"""Every fit, selection and opening: who tried what on which data when, and how often test days were opened.

How often validation days were judged and test days opened is the true N of the deflated Sharpe ratio. The same tested
bundles chain in many ways (which variant of each fold, how many folds), and the report that is kept is one of them:
what counts is how many chains there were to choose from.

Every distinct trial is one create-only object, named by what it was; a count is a listing. Running the same again (same
code, configuration and dataset) is the same object and counts once; nothing is ever subtracted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from math import prod
from typing import Any

from ticklake_assets.core.errors import DataError, ImmutabilityError, SpentError
from ticklake_assets.storage.objects.store import ObjectStore

MOST_OPENINGS = 10
"""Bundles that a test day may meet. Looks are paid for by deflation: the best Sharpe of 10 noise strategies is 1.57
standard errors above 0; and what is looked at again and again is validation data by another name."""
_NAMED_OPENINGS = 3
"""Openings that the error of a spent period tells."""


class TrialLedger:
    """Selections deflate the validation Sharpe, openings the test Sharpe (docs/trials.md, The ledger).

    `details` of a record are plain JSON: by whom, when, dataset, parameters, result.
    """

    def __init__(self, store: ObjectStore, most_openings: int = MOST_OPENINGS) -> None:
        self._store = store
        self._most = most_openings

    def record_fits(
        self, symbol: str, as_of: date, digest: str, count: int, details: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a search fitted and judged `count` models inside the train window; `digest` names the search."""
        key = f"{_folder('fits', symbol)}{as_of.isoformat()}/{_digest(digest)}-{_from_one(symbol, as_of, count)}.json"
        self._note(key, {"symbol": symbol, "as_of": as_of.isoformat(), "count": count, **(details or {})})

    def record_selection(
        self, symbol: str, as_of: date, digest: str, count: int, details: Mapping[str, Any] | None = None
    ) -> None:
        """Note that `count` fits x thresholds were judged on an as-of day's validation window.

        `digest` identifies the search: code, configuration and dataset.
        """
        key = f"{_selections(symbol, as_of)}{_digest(digest)}-{_from_one(symbol, as_of, count)}.json"
        self._note(key, {"symbol": symbol, "as_of": as_of.isoformat(), "count": count, **(details or {})})

    def selections(self, symbol: str, as_of: date, besides: str | None = None) -> int:
        """Fits x thresholds ever judged on the validation window before this day.

        `besides` is the digest of a search that is left out: repeated, it is no earlier selection of itself.
        """
        names = [stored.key.rsplit("/", 1)[1] for stored in self._store.list(_selections(symbol, as_of))]
        trials = [name.removesuffix(".json").rsplit("-", 1) for name in names]
        own = None if besides is None else _digest(besides)
        return sum(int(count) for digest, count in trials if digest != own)

    def record_opening(
        self, symbol: str, test_days: Sequence[date], chain: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Note, before it happens, that a bundle (digest of code, configuration, dataset) meets these test days.

        SpentError where one of them has met as many others as it may; the same bundle may come back for ever. Two
        openings at the very same moment can both be the last.
        """
        if not test_days:
            raise DataError(f"An opening of {symbol} names no test day. Expected at least one, was none")
        name = f"{_digest(chain)}.json"
        for day in test_days:
            met = {stored.key for stored in self._store.list(_openings(symbol, day))}
            if _openings(symbol, day) + name not in met and len(met) >= self._most:
                raise self._spent(symbol, test_days, sorted(met))
        for day in test_days:
            about = {"symbol": symbol, "test_day": day.isoformat(), "chain": chain}
            self._note(_openings(symbol, day) + name, {**about, **(details or {})})

    def record_result(self, symbol: str, chain: str, result: Mapping[str, Any]) -> None:
        """Note what an opening or a chain showed; it is known only after the opening was noted."""
        self._note(f"{_folder('results', symbol)}{_digest(chain)}.json", result)

    def openings(self, symbol: str, test_days: Iterable[date]) -> int:
        """Distinct bundles that ever met any of these test days."""
        return len(
            {
                stored.key.rsplit("/", 1)[1]
                for day in test_days
                for stored in self._store.list(_openings(symbol, day))
            }
        )

    def left(self, symbol: str, test_days: Iterable[date]) -> int:
        """Other bundles that may still meet all of these test days."""
        return max(0, self._most - max(self.openings(symbol, [day]) for day in test_days))

    def spent(self, symbol: str) -> list[date]:
        """Days, ascending, that have met as many bundles as they may."""
        met = Counter(
            stored.key.rsplit("/", 2)[1] for stored in self._store.list(_folder("openings", symbol))
        )
        return sorted(date.fromisoformat(day) for day, bundles in met.items() if bundles >= self._most)

    def record_chain(
        self, symbol: str, test_days: Sequence[date], chain: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a walk-forward report judged this chain of bundles (`chain_digest`) over these test days."""
        if not test_days:
            raise DataError(f"A chain of {symbol} names no test day. Expected at least one, was none")
        days = {"first_day": min(test_days).isoformat(), "last_day": max(test_days).isoformat()}
        key = f"{_folder('chains', symbol)}{days['first_day']}_{days['last_day']}/{_digest(chain)}.json"
        self._note(key, {"symbol": symbol, "chain": chain, **days, **(details or {})})

    def chains(self, symbol: str, test_days: Sequence[date]) -> int:
        """Distinct chains ever judged over days that overlap these; a chain's test days have no gap."""
        if not test_days:
            return 0
        first, last = min(test_days).isoformat(), max(test_days).isoformat()
        overlapping = set()
        for stored in self._store.list(_folder("chains", symbol)):
            days, name = stored.key.rsplit("/", 2)[1:]
            begins, ends = days.split("_")
            if begins <= last and first <= ends:
                overlapping.add(name)
        return len(overlapping)

    def looks(self, symbol: str, folds: Sequence[Sequence[date]]) -> int:
        """N_open of a chain with these folds' test days: how many chains it can be the best of.

        What a bundle earned is seen before any chain is judged, so the best of each fold can be kept: every bundle of
        a fold goes with every one of the next, a product. A fold counts the most bundles that any one of its days
        met, those with other windows, too: so the product also pays for choosing among strides (the chains of each
        stride, as shares of their N, add up to 1 at most). Chains judged over the same folds are in the product, so
        their number is no factor of it; where it is more, as of shorter and longer chains, it counts instead.
        """
        choices = prod(max([1, *(self.openings(symbol, [day]) for day in days)]) for days in folds)
        return max(choices, self.chains(symbol, [day for days in folds for day in days]))

    def notes(self, kind: str, symbol: str) -> dict[str, dict[str, Any]]:
        """Every record of a kind (fits, selections, openings, chains, results) by its key, in order of the keys."""
        keys = sorted(stored.key for stored in self._store.list(_folder(kind, symbol)))
        return {key: json.loads(self._store.get(key)) for key in keys}

    def _note(self, key: str, record: Mapping[str, Any]) -> None:
        """The first note of a trial stays: when it happened first is what matters."""
        try:
            self._store.create(key, json.dumps(record, sort_keys=True).encode())
        except ImmutabilityError:
            return

    def _spent(self, symbol: str, test_days: Sequence[date], keys: list[str]) -> SpentError:
        notes = [json.loads(self._store.get(key)) for key in keys]
        notes.sort(key=lambda note: str(note.get("at", "")))
        told = [
            f"{note.get('by', 'unknown')} at {note.get('at', 'an unknown time')} (bundle {note['chain'][:12]})"
            for note in notes[-_NAMED_OPENINGS:]
        ]
        first, last, last_spent = min(test_days), max(test_days), self.spent(symbol)[-1]
        return SpentError(
            f"Test days {first} to {last} of {symbol} are spent. Expected fewer than {self._most} bundles to have met "
            f"them, was {len(notes)}, last {'; '.join(told)}. A fresh period: an as-of day whose test window starts "
            f"after {last_spent}, the last spent day. `ticklake trials {symbol}` lists all"
        )


def _folder(kind: str, symbol: str) -> str:
    return f"ledger/{kind}/{symbol}/"


def _selections(symbol: str, as_of: date) -> str:
    return f"{_folder('selections', symbol)}{as_of.isoformat()}/"


def _openings(symbol: str, test_day: date) -> str:
    return f"{_folder('openings', symbol)}{test_day.isoformat()}/"


def _from_one(symbol: str, as_of: date, count: int) -> int:
    if count < 1:
        raise DataError(f"A search of {symbol} {as_of} judged nothing. Expected a count from 1, was {count}")
    return count


def _digest(identity: str) -> str:
    """A name of one length for any identity."""
    return sha256(identity.encode()).hexdigest()
