"""Publish the good days of a range and name the bad ones (law 8).

Dagster fails a range as a whole. Here each day is attempted by itself: what worked is materialized, what failed
keeps its old content and leaves a refusal, so that the sensor next launches the good days without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import dagster as dg

from ticklake_assets.core.errors import DataError, TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import Audit
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.state import write_refusal

Metadata = Mapping[str, Any]
Event = dg.MaterializeResult | dg.AssetCheckResult


class DayLedger:
    """Keeps what became of each day of a run, and tells Dagster at the end."""

    def __init__(self, context: dg.AssetExecutionContext, store: ObjectStore, layer: str) -> None:
        self._context = context
        self._store = store
        self._layer = layer
        self._metadata: dict[SymbolDay, dict[dg.AssetKey, Metadata]] = {}
        self.failed: dict[SymbolDay, TicklakeError] = {}

    @property
    def published(self) -> list[SymbolDay]:
        """Days that were committed so far."""
        return list(self._metadata)

    @contextmanager
    def attempt(self, day: SymbolDay) -> Iterator[None]:
        """Let the other days of the range go on when this one fails."""
        try:
            yield
        except TicklakeError as error:
            self.refuse(day, error)

    def refuse(self, day: SymbolDay, error: TicklakeError) -> None:
        self.failed[day] = error
        self._context.log.error(f"{day}: {type(error).__name__}: {error}")
        if isinstance(error, DataError):
            write_refusal(self._store, day, self._layer, str(error))

    def publish(self, day: SymbolDay, metadata: Metadata, asset_key: dg.AssetKey | None = None) -> None:
        """Note that a day is committed; it becomes a materialization of that partition."""
        key = asset_key or self._context.asset_key
        self._metadata.setdefault(day, {})[key] = metadata

    def close(self, *audits: Audit) -> Iterator[Event]:
        """Materialize the run's days with each day's metadata.

        After a failure publish the good days and the checks' findings, then raise for the bad ones.
        """
        if self.failed:
            for audit in audits:
                yield from audit.results()
            self._raise()
        for day, assets in self._metadata.items():
            for key, metadata in assets.items():
                self._context.add_asset_metadata(metadata, asset_key=key, partition_key=day.key)
        if not audits:
            yield dg.MaterializeResult()
        for audit in audits:
            yield dg.MaterializeResult(asset_key=audit.asset, check_results=list(audit.results()))

    def _raise(self) -> NoReturn:
        for day, assets in self._metadata.items():
            for key, metadata in assets.items():
                self._context.log_event(dg.AssetMaterialization(key, metadata=metadata, partition=day.key))
        raise dg.Failure(
            description=self._summary(list(self.failed)),
            metadata={day.key: f"{type(error).__name__}: {error}" for day, error in self.failed.items()},
            allow_retries=not all(isinstance(error, DataError) for error in self.failed.values()),
        )

    def _summary(self, failed: Sequence[SymbolDay]) -> str:
        total = len(failed) + len(self._metadata)
        first = self.failed[failed[0]]
        return f"{len(failed)} of {total} partitions failed at {self._layer}, first {failed[0]}: {first}"
