"""Every fit, selection and opening: who tried what on which data when, and how often days were looked at.

How often validation days were judged and test days looked at is the true N of the deflated Sharpe ratio; `looks` says
how it is counted. Every distinct trial is one entry of a signed chain: the same again (same code, configuration and
dataset) is the same entry and counts once; nothing is ever subtracted, and nothing can be taken out unseen.

    ledger = TrialLedger(store, signing_key, witness)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.core.errors import DataError, SpentError
from ticklake_assets.storage.models.looks import Count, Look, Looks, OpenedFold
from ticklake_assets.storage.models.signed_chain import Entry, Head, Make, SignedChain
from ticklake_assets.storage.objects.store import ObjectStore

MOST_OPENINGS = 10
"""Looks that a test day may meet. They are paid for by deflation: the best Sharpe of 10 noise strategies is 1.57
standard errors above 0; and what is looked at again and again is validation data by another name."""
_NAMED_LOOKS = 3
"""Looks that the error of a spent period tells."""
_BEGAN = "began"
_KINDS = ("fits", "selections", "openings", "chains", "results")

Days = Sequence[date] | Mapping[date, str]
"""Days, or days with the sha256 of each one's raw content."""


class TrialLedger:
    """Selections deflate the validation Sharpe, looks the test Sharpe (docs/trials.md, The ledger).

    `details` of a record are plain JSON: by whom, when, dataset, parameters, result. Every method that reads verifies
    the whole chain first, and is an ImmutabilityError where it is broken.
    """

    def __init__(
        self,
        store: ObjectStore,
        key: Ed25519PrivateKey | Ed25519PublicKey,
        witness: Path | None = None,
        *,
        most_openings: int = MOST_OPENINGS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = store
        self._chain = SignedChain(store, key, witness)
        self._most = most_openings
        self._clock = clock

    def record_fits(
        self, symbol: str, as_of: date, digest: str, count: int, details: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a search fitted and judged `count` models inside the train window; `digest` names the search."""
        key = f"fits/{symbol}/{as_of.isoformat()}/{_digest(digest)}-{_from_one(symbol, as_of, count)}"
        self._note(key, {"symbol": symbol, "as_of": as_of.isoformat(), "count": count, **(details or {})})

    def record_selection(
        self,
        symbol: str,
        as_of: date,
        digest: str,
        count: int,
        details: Mapping[str, Any] | None = None,
        *,
        days: Days = (),
        walk: str = "",
    ) -> None:
        """Note that `count` fits x thresholds were judged on an as-of day's validation window: a look at its `days`.

        `digest` identifies the search: code, configuration and dataset; `walk` the rolling chain that it is of.
        """
        about = {"symbol": symbol, "as_of": as_of.isoformat(), "count": _from_one(symbol, as_of, count)}
        key = f"selections/{symbol}/{as_of.isoformat()}/{_span(days)}{_digest(digest)}-{count}"
        self._note(key, {**about, "days": _by_day(days), "walk": walk, **(details or {})})

    def selections(self, symbol: str, as_of: date, besides: str | None = None) -> int:
        """Fits x thresholds ever judged on the validation window before this day.

        `besides` is the digest of a search that is left out: repeated, it is no earlier selection of itself.
        """
        own = None if besides is None else _digest(besides)
        made = self.notes("selections", f"{symbol}/{as_of.isoformat()}")
        trials = {key.rsplit("/", 1)[1]: int(note["count"]) for key, note in made.items()}
        return sum(count for name, count in trials.items() if name.rsplit("-", 1)[0] != own)

    def record_opening(
        self,
        symbol: str,
        test_days: Days,
        chain: str,
        details: Mapping[str, Any] | None = None,
        *,
        walk: str = "",
    ) -> None:
        """Note, before it happens, that a bundle (digest of code, configuration, dataset) meets these test days.

        SpentError where one of them was looked at as often as it may be; the same bundle may come back for ever.
        """
        days = _by_day(test_days)
        if not days:
            raise DataError(f"An opening of {symbol} names no test day. Expected at least one, was none")
        record = {"symbol": symbol, "chain": chain, "walk": walk, **(details or {})}

        def make(entries: Sequence[Entry]) -> dict[str, Any] | None:
            looks = Looks(self._notes(entries))
            new = {
                day: content
                for day, content in days.items()
                if not looks.has_met(chain, symbol, date.fromisoformat(day))
            }
            opening = Look(
                len(entries) + 1,
                True,
                symbol,
                str(record.get("as_of", "")),
                chain,
                walk or chain,
                new,
                record,
            )
            for day, content in new.items():
                at = date.fromisoformat(day)
                if looks.count(symbol, at, content, opening) > self._most:
                    raise self._spent(looks, opening, at)
            key = f"openings/{symbol}/{_span(test_days)}{_digest(chain)}"
            return {"key": key, "record": {**record, "days": new}} if new else None

        self._append(make)

    def record_result(self, symbol: str, chain: str, result: Mapping[str, Any]) -> None:
        """Note what an opening or a chain showed; it is known only after the opening was noted."""
        self._note(f"results/{symbol}/{_digest(chain)}", result)

    def record_chain(
        self,
        symbol: str,
        test_days: Sequence[date],
        chain: str,
        details: Mapping[str, Any] | None = None,
        *,
        bundles: Sequence[str] = (),
    ) -> None:
        """Note that a walk-forward report judged this chain of bundles (`chain_digest`) over these test days."""
        if not test_days:
            raise DataError(f"A chain of {symbol} names no test day. Expected at least one, was none")
        days = {"first_day": min(test_days).isoformat(), "last_day": max(test_days).isoformat()}
        key = f"chains/{symbol}/{_span(test_days)}{_digest(chain)}"
        about = {"symbol": symbol, "chain": chain, "bundles": list(bundles), **days}
        self._note(key, {**about, **(details or {})})

    def looks(self, symbol: str, folds: Sequence[OpenedFold]) -> Count:
        """N_open of a chain with these folds: how many chains it can be the best of (`Looks.of_chain`).

        What a bundle earned is seen before any chain is judged, so the best of each fold can be kept: every look at
        a fold goes with every one of the next, a product. A fold counts the most looks at any one of its days, those
        with other windows, too: so the product also pays for choosing among strides (the chains of each stride, as
        shares of their N, add up to 1 at most). Chains judged over the same folds are in the product, so their number
        is no factor of it; where it is more, as of shorter and longer chains, it counts instead.
        """
        return self._looks().of_chain(symbol, folds)

    def unopened(self, symbol: str, folds: Sequence[OpenedFold]) -> list[date]:
        """Days of these folds that their bundles did not meet by this ledger: of tests that it knows nothing of."""
        looks = self._looks()
        return [day for fold in folds for day in fold.days if not looks.has_met(fold.bundle, symbol, day)]

    def met(self, symbol: str, test_days: Sequence[date]) -> int:
        """Most looks at any one of these days, as a bundle of a new walk would count them."""
        looks = self._looks()
        return max(looks.count(symbol, day) for day in test_days)

    def left(self, symbol: str, test_days: Sequence[date]) -> int:
        """Looks that all of these test days may still meet."""
        return max(0, self._most - self.met(symbol, test_days))

    def spent(self, symbol: str) -> list[date]:
        """Days, ascending, that were looked at as often as they may be."""
        looks = self._looks()
        return [day for day in looks.days(symbol) if looks.count(symbol, day) >= self._most]

    def notes(self, kind: str, symbol: str) -> dict[str, dict[str, Any]]:
        """Every record of a kind (fits, selections, openings, chains, results) by its key, in the ledger's order."""
        entries = self._chain.entries()
        return {key: note for key, note in self._notes(entries) if key.startswith(f"{kind}/{symbol}/")}

    def head(self) -> Head:
        """The last entry, to be written down where the ledger cannot reach."""
        return self._chain.head()

    def expect(self, head: Head, known_by: str) -> None:
        """ImmutabilityError where a head that `known_by` wrote down is not in the ledger any more."""
        self._chain.expect(head, self._chain.entries(), known_by)

    def since(self) -> str:
        """When the chain begins, ISO; empty where there is none. What it took over proves no earlier day."""
        entries = self._chain.entries()
        return str(entries[0].note["record"]["at"]) if entries else ""

    def _looks(self) -> Looks:
        return Looks(self._notes(self._chain.entries()))

    def _note(self, key: str, record: Mapping[str, Any]) -> None:
        """The first note of a trial stays: when it happened first is what matters."""

        def make(entries: Sequence[Entry]) -> dict[str, Any] | None:
            is_known = any(known == key for known, _ in self._notes(entries))
            return None if is_known else {"key": key, "record": dict(record)}

        self._append(make)

    def _append(self, make: Make) -> None:
        """Add what `make` gives; the first entry of all says when the history begins and what it takes over."""

        def begun(entries: Sequence[Entry]) -> Mapping[str, Any] | None:
            note = make(entries)
            if note is None or entries:
                return note
            at = self._clock.now().isoformat(timespec="seconds")
            return {"key": _BEGAN, "record": {"at": at}, "taken_over": dict(self._unchained())}

        if not self._chain.entries():
            self._chain.append(begun)
        self._chain.append(make)

    def _notes(self, entries: Sequence[Entry]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Records with their keys: first those of a ledger that was no chain yet."""
        yield from entries[0].note["taken_over"].items() if entries else self._unchained()
        yield from ((entry.note["key"], entry.note["record"]) for entry in entries)

    def _unchained(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Records of before the ledger was a chain, an object each; the first entry takes them over."""
        keys = [stored.key for kind in _KINDS for stored in self._store.list(f"ledger/{kind}/")]
        for key in sorted(keys):
            yield key.removeprefix("ledger/").removesuffix(".json"), json.loads(self._store.get(key))

    def _spent(self, looks: Looks, opening: Look, day: date) -> SpentError:
        place = opening.symbol, day, opening.days[day.isoformat()]
        count, seen = looks.count(*place), looks.at(*place)
        kinds = Counter("tested" if look.is_test else "validated" for look in seen)
        told = [
            f"{look.told.get('by', 'unknown')} at {look.told.get('at', 'an unknown time')} "
            f"({'bundle' if look.is_test else 'validation of search'} {look.who[:12]} of {look.symbol})"
            for look in seen[-_NAMED_LOOKS:]
        ]
        days = sorted(map(date.fromisoformat, opening.days))
        spent = [day for day in looks.days(opening.symbol) if looks.count(opening.symbol, day) >= self._most]
        return SpentError(
            f"Test days {days[0]} to {days[-1]} of {opening.symbol} are spent. Expected fewer than {self._most} looks "
            f"at them, was {count} ({kinds['tested']} tested, {kinds['validated']} validated), last "
            f"{'; '.join(told)}. A fresh period: an as-of day whose test window starts after "
            f"{max([*spent, *days[:1]])}, the last spent day. `ticklake trials {opening.symbol}` lists all"
        )


def _by_day(days: Days) -> dict[str, str]:
    """Raw content by ISO day, empty where it is not said."""
    contents = days if isinstance(days, Mapping) else dict.fromkeys(days, "")
    return {day.isoformat(): content for day, content in sorted(contents.items())}


def _span(days: Days) -> str:
    return f"{min(days).isoformat()}_{max(days).isoformat()}/" if days else ""


def _from_one(symbol: str, as_of: date, count: int) -> int:
    if count < 1:
        raise DataError(f"A search of {symbol} {as_of} judged nothing. Expected a count from 1, was {count}")
    return count


def _digest(identity: str) -> str:
    """A name of one length for any identity."""
    return sha256(identity.encode()).hexdigest()
