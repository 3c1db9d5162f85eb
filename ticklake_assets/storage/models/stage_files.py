"""What the model stages hand on: one object a stage and as-of day, replaced whole."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore

_NOT_OF_A_MODEL = {
    "walk_forward": "report/walk_forward",
    "report": "report/walk_forward",
    "judged": "report/walk_forward",
    "deployed": "deploy/endpoint",
}
"""The asset that leaves a stage's result, where it isn't `model/STAGE`."""


class SymbolBundle(NamedTuple):
    """A symbol's bundle, by its digest."""

    symbol: str
    digest: str

    def __str__(self) -> str:
        return f"{self.symbol}|{self.digest[:12]}"


class ModelFiles:
    """Objects `models/STAGE/SYMBOL/AS_OF` in the lake; one that a person opens has an `ending`, like `.html`.

    What belongs to a bundle, whichever others the as-of day has or will have, is `models/STAGE/SYMBOL/DIGEST`.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, stage: str, of: SymbolDay | SymbolBundle, data: bytes, ending: str = "") -> str:
        """Replace a stage's result atomically; returns its address."""
        key = _key(stage, of) + ending
        self._store.put(key, data)
        return self._store.uri(key)

    def get(self, stage: str, of: SymbolDay | SymbolBundle, ending: str = "") -> bytes:
        """A stage's result; MissingDataError says which asset makes it."""
        key = _key(stage, of) + ending
        if self._store.head(key) is None:
            asset = _NOT_OF_A_MODEL.get(stage, f"model/{stage}")
            raise MissingDataError(
                f"Expected {stage} of {of} at {key}, was nothing: materialize {asset} first"
            )
        return self._store.get(key)

    def etag(self, stage: str, of: SymbolDay | SymbolBundle) -> str:
        """Changes with a stage's result; empty where there is none."""
        found = self._store.head(_key(stage, of))
        return found.etag if found else ""

    def uri(self, stage: str, as_of: SymbolDay, ending: str = "") -> str:
        """Address of a stage's result, whether it is there or not."""
        return self._store.uri(_key(stage, as_of) + ending)

    def as_of_days(self, stage: str, symbol: str) -> list[date]:
        """As-of days that have a result of the stage, ascending."""
        folder = f"models/{stage}/{symbol}/"
        return sorted(
            date.fromisoformat(found.key.removeprefix(folder)) for found in self._store.list(folder)
        )


def _key(stage: str, of: SymbolDay | SymbolBundle) -> str:
    name = of.trading_day.isoformat() if isinstance(of, SymbolDay) else of.digest
    return f"models/{stage}/{of.symbol}/{name}"
