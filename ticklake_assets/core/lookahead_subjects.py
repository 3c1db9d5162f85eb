"""What the laws are tried on: everything that gold holds, or what one module declares."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.added import labels as added_labels
from ticklake_assets.core.added_imports import refuse_other_imports
from ticklake_assets.core.declared import (
    BatchFeature,
    Feature,
    Known,
    Label,
    Quote,
    declared_in,
    modules_of,
    refuse_names,
    run_anew,
)
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.feature_kernel import KERNEL, RESERVED, Kernel, kernel_with
from ticklake_assets.core.features import features_in_chunks, features_of_day, quotes_as_seen
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.label_table import ADDED_LABELS, outcome_of
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.lookahead import Sheet, same_bits
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Quotes


class Subject(NamedTuple):
    """Columns that are judged, by the functions that make them."""

    kernel: Kernel
    features: tuple[str, ...]
    """The kernel's columns that count."""
    steps: tuple[Feature, ...]
    """Those of them that were declared, to be made once more in plain Python."""
    batch: tuple[BatchFeature, ...]
    labels: tuple[Label, ...]
    orders: bool
    """Whether the built-in labels are judged, too."""
    modules: tuple[ModuleType, ...]
    """Where `batch` and `labels` are declared."""

    @property
    def kinds(self) -> dict[str, str]:
        kinds = dict.fromkeys(self.features, "feature") | {each.name: "batch" for each in self.batch}
        return kinds | {each.name: "label" for each in self.labels}

    def sheet(self, day: SymbolDay, quotes: Quotes) -> Sheet:
        """Make every column of a day, by modules that never saw another: what they kept of it would hide a leak."""
        modules = [run_anew(module) for module in self.modules]
        batch = {each.name: each for module in modules for each in declared_in(module, BatchFeature)}
        labels = {each.name: each for module in modules for each in declared_in(module, Label)}
        events, instrument = features_of_day(day, quotes, kernel=self.kernel), instrument_of(day.symbol)
        columns = dict(zip(names(self.kernel.columns), np.ascontiguousarray(events.features.T), strict=True))
        made = {name: Known(columns[name], events.ts_us) for name in self.features}
        made |= {
            each.name: Known(_of_batch(batch[each.name], day, quotes, events, instrument), events.ts_us)
            for each in self.batch
        }
        made |= dict(_order_labels(day, quotes, events, instrument)) if self.orders else {}
        return Sheet(
            events.ts_us,
            made
            | {
                each.name: outcome_of(labels[each.name], day, quotes, events, instrument)
                for each in self.labels
            },
        )

    def not_finite(self, sheet: Sheet) -> dict[str, int]:
        """Values that no dataset is frozen with, by column: prices of orders may be NaN, research may be anything."""
        frozen = (*self.features, *(each.name for each in self.labels))
        return {name: int((~np.isfinite(sheet.columns[name].values)).sum()) for name in frozen}

    def chunk_faults(self, day: SymbolDay, quotes: Quotes, seed: int = 1) -> set[str]:
        """Features that differ when the day is passed quote by quote or in random parts, labels when made alone."""
        whole = features_of_day(day, quotes, kernel=self.kernel)
        count = len(quotes.ts_us)
        random = np.sort(np.random.default_rng(seed).integers(0, count + 1, (3, 20)), axis=1)
        faults = {
            name
            for cuts in (range(1, count), *random.tolist())
            for name in _unlike(self.kernel, whole, features_in_chunks(day, quotes, cuts, self.kernel))
        }
        instrument = instrument_of(day.symbol)
        return (faults & set(self.features)) | {
            each.name for each in self.labels if not _is_made_row_by_row(each, day, quotes, whole, instrument)
        }

    def bit_faults(self, day: SymbolDay, quotes: Quotes) -> set[str]:
        """Declared features whose compiled values are not those of plain Python.

        Python goes first: it refuses a memory that is overrun, where the compiled step would write on.
        """
        seen = list(quotes_as_seen(day, quotes)) if self.steps else []
        plain = {each.name: _in_python(each, seen) for each in self.steps}
        events = features_of_day(day, quotes, kernel=self.kernel)
        at = np.searchsorted(quotes.ts_us, events.ts_us)
        columns = dict(zip(names(self.kernel.columns), np.ascontiguousarray(events.features.T), strict=True))
        return {name for name, values in plain.items() if not same_bits(values[at], columns[name]).all()}


def everything() -> Subject:
    """What gold holds: the kernel's features, the orders' labels, and what was added to both."""
    return Subject(
        KERNEL, tuple(names(KERNEL.columns)), (), (), ADDED_LABELS, True, tuple(modules_of(added_labels))
    )


def declared_by(module: ModuleType) -> Subject:
    """What a module declares.

    Raises:
        SetupError: it declares nothing, or a feature or label that gold would refuse.
    """
    steps, batch = declared_in(module, Feature), declared_in(module, BatchFeature)
    labels = declared_in(module, Label)
    if not (steps or batch or labels):
        raise SetupError(
            f"{module.__file__} declares nothing. Expected a function under @feature, @batch_feature or @label"
        )
    if steps or labels:  # research that is neither has no version that an import could outrun
        refuse_other_imports(Path(inspect.getfile(module)))
        refuse_names((*steps, *labels), RESERVED, inspect.getfile(module))
    kernel = kernel_with(steps) if steps else KERNEL
    return Subject(kernel, tuple(each.name for each in steps), steps, batch, labels, False, (module,))


def _of_batch(
    each: BatchFeature, day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument
) -> Floats:
    values = np.asarray(each.values(day, quotes, events, instrument), dtype=np.float64)
    if values.shape != events.ts_us.shape:
        raise DataError(
            f"Batch feature {each.name} of {day}: Expected {len(events.ts_us)} values, was {values.shape}"
        )
    return np.ascontiguousarray(values)


def _order_labels(
    day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument
) -> Iterator[tuple[str, Known]]:
    labels = label_day(day, quotes, events, instrument)
    sides = (labels.long._asdict(), labels.short._asdict())
    for side, columns in zip(("long", "short"), sides, strict=True):
        for name, values in columns.items():
            yield f"{side}_{name}", Known(_eight_bytes(values), labels.known_at_us)
    yield "outcome", Known(_eight_bytes(labels.outcome), labels.known_at_us)


def _eight_bytes(values: NDArray[np.generic]) -> Floats:
    return np.ascontiguousarray(values if values.itemsize == 8 else values.astype(np.int64)).view(np.float64)


def _unlike(kernel: Kernel, whole: DayFeatures, parts: DayFeatures) -> set[str]:
    """Features that differ; all of them where the events do."""
    if whole.ts_us.tobytes() != parts.ts_us.tobytes():
        return set(names(kernel.columns))
    same = np.all(same_bits(whole.features, parts.features), axis=0).tolist()
    return {column.name for column, alike in zip(kernel.columns, same, strict=True) if not alike}


def _is_made_row_by_row(
    label: Label, day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument
) -> bool:
    """Whether each event's label is its own: half of the events have the values that they have among all."""
    whole = outcome_of(label, day, quotes, events, instrument)
    half = outcome_of(
        label,
        day,
        quotes,
        DayFeatures(events.ts_us[::2], events.context[::2], events.features[::2]),
        instrument,
    )
    pairs = zip(whole, half, strict=True)
    return all(same_bits(np.ascontiguousarray(all_[::2]), one).all() for all_, one in pairs)


def _in_python(each: Feature, seen: list[Quote]) -> Floats:
    memory = np.zeros(each.slots)
    try:
        with np.errstate(all="ignore"):
            return np.array([each.step(memory, quote) for quote in seen], dtype=np.float64)
    except IndexError as error:
        raise DataError(
            f"Feature {each.name} remembers more than it says ({error}). Expected {each.slots} slots"
        ) from error
