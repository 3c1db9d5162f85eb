"""What one model stage hands to the next, and the data that all of them read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.archive import read_archive, write_archive
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.event_rows import of_days
from ticklake_assets.modeling.training import Trained, TrainingReport
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.dataset_files import Dataset
from ticklake_assets.storage.tick_rows import quotes_of

_TRAINED_FILES = {"pattern.onnx", "anomaly.json", "booster.json", "report.json"}


def open_events(dataset: Dataset, part: str) -> Events:
    """Events of the days with enough quotes to learn from; a Sunday evening is tested, never learnt."""
    return of_days(dataset.parts[part], dataset.manifest.open_days(part), part)


def quotes_by_day(lake: Lake, symbol: str) -> Callable[[date], Quotes]:
    """A loader of clean quotes: one day is held at a time."""
    return lambda day: quotes_of(lake.clean.read(SymbolDay(symbol, day)))


def pack_trained(trained: Trained) -> bytes:
    """A training's files as one object."""
    return write_archive(
        {
            "pattern.onnx": trained.pattern_onnx,
            "anomaly.json": trained.anomaly_json,
            "booster.json": trained.booster_json,
            "report.json": trained.report.canonical(),
        }
    )


def unpack_trained(data: bytes) -> Trained:
    files = read_archive(data, _TRAINED_FILES, "trained models")
    report = read_document(TrainingReport, files["report.json"], "training report")
    return Trained(files["pattern.onnx"], files["anomaly.json"], files["booster.json"], report)
