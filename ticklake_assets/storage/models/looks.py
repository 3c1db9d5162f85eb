"""Who has looked at a day, by the ledger's records: the N that a result on that day is the best of.

A *look* is a judgement of a day: a bundle that is tested on it, or a search that is validated on it. A *walk*,
`RECIPE+OFFSET`, is a recipe (seed, budget, validation and test days, code) on a grid of as-of days: a rolling chain.
Its next folds validate on days that it has tested before; of those nothing could be chosen for the fold that tests
them, so a walk is one look however many of its as-of days see a day. Of one as-of day every distinct bundle or search
is one.

Pure: `Looks(notes)` is asked, the ledger writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import zip_longest
from math import ceil, prod
from typing import Any, NamedTuple

HORIZON_DAYS = 365
"""Days judged within a year that holds the chain are one search: a year of one desk's weekly judgements."""


class Look(NamedTuple):
    """A judgement of days."""

    position: int
    """In the ledger: what came first."""
    is_test: bool
    symbol: str
    as_of: str
    who: str
    """Digest of the bundle that was tested, or of the search that was validated."""
    walk: str
    days: Mapping[str, str]
    """sha256 of each day's raw content by ISO day; empty where nobody said it or the day was closed."""
    told: Mapping[str, Any]
    """The whole record."""


class OpenedFold(NamedTuple):
    """One fold of a chain that is judged."""

    days: Sequence[date]
    bundle: str = ""
    """What searches validated after it was first opened could not choose; without it every look counts."""


class Count(NamedTuple):
    """Of how many a chain can be the best."""

    here: int
    """Chains that its folds' bundles make, or that were judged over its days."""
    elsewhere: int
    """Periods of its length that were looked at in other symbols, by other recipes, or on days that it leaves out, each
    as often as variants of one as-of day looked."""

    @property
    def total(self) -> int:
        return self.here + self.elsewhere


class Looks:
    """Every look, by day and by raw content."""

    def __init__(self, notes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """`notes` are the ledger's records with their keys, in its order."""
        self._at: dict[str, list[Look]] = defaultdict(list)
        self._of: dict[str, Look] = {}
        self._tests: list[Look] = []
        self._searches: list[Look] = []
        self._chains: list[Mapping[str, Any]] = []
        self._days: dict[str, set[str]] = defaultdict(set)
        for position, (key, record) in enumerate(notes):
            kind = key.split("/", 1)[0]
            if kind == "chains":
                self._chains.append(record)
            elif kind in ("openings", "selections"):
                self._add(_look(position, key, record))

    def _add(self, look: Look) -> None:
        if look.is_test:
            self._of.setdefault(look.who, look)
        (self._tests if look.is_test else self._searches).append(look)
        for day, content in look.days.items():
            self._days[look.symbol].add(day)
            self._at[_day_key(look.symbol, day)].append(look)
            if content:
                self._at[_content_key(content)].append(look)

    def days(self, symbol: str) -> list[date]:
        """Days that were ever looked at under this name, ascending."""
        return sorted(map(date.fromisoformat, self._days[symbol]))

    def at(self, symbol: str, day: date, content: str = "") -> list[Look]:
        """Looks at this day, or at the same raw content under whatever name; oldest first."""
        own = self._at.get(_day_key(symbol, day.isoformat()), [])
        contents = {content, *(look.days[day.isoformat()] for look in own)} - {""}
        same = [look for each in sorted(contents) for look in self._at.get(_content_key(each), [])]
        return sorted(
            {look.position: look for look in (*own, *same)}.values(), key=lambda look: look.position
        )

    def has_met(self, bundle: str, symbol: str, day: date) -> bool:
        own = self._at.get(_day_key(symbol, day.isoformat()), [])
        return any(look.is_test and look.who == bundle for look in own)

    def count(self, symbol: str, day: date, content: str = "", candidate: Look | None = None) -> int:
        """Looks at a day that count for a bundle that meets it now: `candidate`, which is one of them."""
        return _distinct([*self.at(symbol, day, content), *([candidate] if candidate else [])])

    def of_fold(self, symbol: str, fold: OpenedFold) -> int:
        """Most looks at any one day of a tested fold.

        Tests count whenever they were: the one that is kept is the best of them. A validation counts where it came
        before the fold's bundle first met the day: later, nothing of that bundle could be chosen by it.
        """
        most = 1
        for day in fold.days:
            looks = self.at(symbol, day)
            met = [look.position for look in looks if look.is_test and look.who == fold.bundle]
            until = min(met, default=None)
            counted = [look for look in looks if look.is_test or until is None or look.position < until]
            most = max(most, _distinct(counted))
        return most

    def of_chain(self, symbol: str, folds: Sequence[OpenedFold]) -> Count:
        """N of a chain with these folds."""
        days = [day for fold in folds for day in fold.days]
        if not days:
            return Count(1, 0)
        choices = prod(self.of_fold(symbol, fold) for fold in folds)
        return Count(max(choices, self.chains(symbol, days)), self.elsewhere(symbol, folds))

    def chains(self, symbol: str, days: Sequence[date]) -> int:
        """Distinct chains judged over days that overlap these; a chain's test days have no gap."""
        first, last = min(days), max(days)
        return len(
            {
                chain["chain"]
                for chain in self._chains
                if chain["symbol"] == symbol and _first(chain) <= last and first <= _last(chain)
            }
        )

    def elsewhere(self, symbol: str, folds: Sequence[OpenedFold]) -> int:
        """Periods as long as the chain that were looked at within the horizon and are not in it.

        By symbol and recipe: days tested or judged, less those that the chain itself has, over its length, rounded up;
        or, where that is more, windows that were validated: the longest is a period, and so is each length of a chain
        beyond it. Both tell what their days earned, so they count whether or not a chain of it is judged. A chain that
        keeps all its walk's days pays nothing for having been judged week by week, and one that leaves the bad ones out
        pays for each.

        Variants are looks elsewhere as they are here: days on which a recipe had a second distinct bundle or search of
        one as-of day are counted once more, those with a third again, and so on.
        """
        days = [day for fold in folds for day in fold.days]
        first, last = min(days), max(days)
        near, length = timedelta(days=HORIZON_DAYS - 1), (last - first).days + 1
        within = set(range((last - near).toordinal(), (first + near).toordinal() + 1))
        own = set(range(first.toordinal(), last.toordinal() + 1))
        tested: dict[tuple[str, str], list[_Seen]] = defaultdict(list)
        for look in self._tests:
            tested[look.symbol, _recipe(look)].append(_Seen(look.as_of, look.who, _open_days(look)))
        for chain in self._chains:
            span = range(_first(chain).toordinal(), _last(chain).toordinal() + 1)
            tested[chain["symbol"], self._recipe_of(chain)].append(_Seen(_NO_AS_OF, "", set(span)))
        validated: dict[tuple[str, str], list[_Seen]] = defaultdict(list)
        beside = own | self._validated_by(folds)
        for look in self._searches:
            seen = _open_days(look) & within
            if seen and not (look.symbol == symbol and seen & beside):
                validated[look.symbol, _recipe(look)].append(_Seen(look.as_of, look.who, seen))
        periods = 0
        for of in tested.keys() | validated.keys():
            left_out = within - own if of[0] == symbol else within
            of_tests = [
                ceil(len(set().union(*layer) & left_out) / length) for layer in _layers(tested.get(of, []))
            ]
            of_windows = [
                1 + (len(set().union(*layer)) - max(map(len, layer))) // length
                for layer in _layers(validated.get(of, []))
            ]
            periods += sum(max(both) for both in zip_longest(of_tests, of_windows, fillvalue=0))
        return periods

    def _validated_by(self, folds: Sequence[OpenedFold]) -> set[int]:
        """Ordinals of the days that the folds themselves were validated on."""
        tests = [self._of[fold.bundle] for fold in folds if fold.bundle in self._of]
        made = {(test.symbol, test.walk, test.as_of) for test in tests}
        own = (look for look in self._searches if (look.symbol, look.walk, look.as_of) in made)
        return {day for look in own for day in _open_days(look)}

    def _recipe_of(self, chain: Mapping[str, Any]) -> str:
        """That of the bundle that it ends with; chains whose bundle nobody named are one recipe a symbol."""
        last = self._of.get((chain.get("bundles") or [""])[-1])
        return _recipe(last) if last else ""


class _Seen(NamedTuple):
    """Ordinals of days that a bundle or search of an as-of day has met."""

    as_of: str
    who: str
    days: set[int]


_NO_AS_OF = "chains"
"""A chain is made of bundles that are counted by themselves: it is no variant of them."""


def _layers(looks: Iterable[_Seen]) -> list[list[set[int]]]:
    """Days of each as-of day that were met by at least one of its bundles or searches, by at least two, and so on."""
    met: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for look in looks:
        for day in look.days:
            met[look.as_of][day].add(look.who)
    most = max((len(who) for days in met.values() for who in days.values()), default=0)
    layers = [
        [{day for day, who in days.items() if len(who) >= count} for days in met.values()]
        for count in range(1, most + 1)
    ]
    return [[days for days in layer if days] for layer in layers]


def _open_days(look: Look) -> set[int]:
    """Ordinals of its days that had quotes: a closed day tells nothing."""
    return {date.fromisoformat(day).toordinal() for day, content in look.days.items() if content}


def _recipe(look: Look) -> str:
    """That of its walk; what named none is of one recipe a symbol."""
    return look.walk.partition("+")[0] if look.walk != look.who else ""


def _day_key(symbol: str, day: str) -> str:
    return f"day {symbol} {day}"


def _content_key(sha256: str) -> str:
    return f"raw {sha256}"


def _distinct(looks: Iterable[Look]) -> int:
    """By walk the most distinct bundles or searches of any one as-of day."""
    by_walk: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for look in looks:
        by_walk[look.symbol, look.walk][look.as_of].add(look.who)
    return sum(max(map(len, by_as_of.values())) for by_as_of in by_walk.values())


def _look(position: int, key: str, record: Mapping[str, Any]) -> Look:
    """A record as a look; one of before walks were noted is a walk of its own."""
    is_test, name = key.startswith("openings/"), key.rsplit("/", 1)[1]
    who = str(record["chain"]) if is_test else name
    days = record.get("days") or ({record["test_day"]: ""} if "test_day" in record else {})
    walk = str(record.get("walk") or who)
    return Look(position, is_test, record["symbol"], str(record.get("as_of", "")), who, walk, days, record)


def _first(chain: Mapping[str, Any]) -> date:
    return date.fromisoformat(chain["first_day"])


def _last(chain: Mapping[str, Any]) -> date:
    return date.fromisoformat(chain["last_day"])
