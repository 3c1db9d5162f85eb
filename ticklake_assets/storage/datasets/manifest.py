"""What a frozen dataset is, in one canonical JSON document: one line a partition, no 150,000 small files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Fold, Windows

PARTS = ("train", "validate", "test")
MANIFEST = "manifest.json"
_VERSION = 1


@dataclass(frozen=True)
class DatasetDay:
    """One symbol-day of a dataset."""

    day: date
    part: str
    """train, validate or test."""
    rows: int
    """Events."""
    quotes: int
    """Clean quotes behind them."""
    open: bool
    """Whether the day has the quotes that training asks for (`Instrument.min_open_ticks`)."""
    sha256: str
    """Of the rows' values, whatever file they lie in."""
    raw_sha256: str
    """Of the raw CSV that gold was made from."""
    snapshot: int | None = None
    """Iceberg snapshot that committed the day's features; None for a day without rows (and in the oldest manifests).

    Where the rows came from, not what they are: it takes no part in comparing content.
    """


@dataclass(frozen=True)
class DatasetManifest:
    """Identity and provenance of a frozen dataset."""

    symbol: str
    as_of: date
    windows: Windows
    kernel_version: str
    feature_names: tuple[str, ...]
    snapshots: Mapping[str, int]
    """Iceberg snapshot id of `bars`, `features`, `labels`; each is tagged."""
    partitions: tuple[DatasetDay, ...]
    files: Mapping[str, str]
    """sha256 by file name."""
    label_version: str | None = None
    """Of the rules and costs behind the labels; None in the oldest manifests."""

    @cached_property
    def digest(self) -> str:
        """sha256 of the canonical manifest, hexadecimal: the dataset's identity."""
        return sha256(self.to_json()).hexdigest()

    @property
    def fold(self) -> Fold:
        return Fold.before(self.as_of, self.windows)

    @property
    def tag(self) -> str:
        """Name of the Iceberg tags that hold this dataset's snapshots."""
        return f"dataset-{self.symbol}-{self.as_of}-{self.digest[:16]}"

    def rows(self, part: str) -> int:
        return sum(line.rows for line in self.partitions if line.part == part)

    def open_days(self, part: str) -> tuple[date, ...]:
        return tuple(line.day for line in self.partitions if line.part == part and line.open)

    def same_content(self, other: DatasetManifest) -> bool:
        """Whether only the snapshot ids differ: gold was committed again without a change to these rows."""
        return replace(other, snapshots=self.snapshots)._without_commits() == self._without_commits()

    def _without_commits(self) -> DatasetManifest:
        return replace(self, partitions=tuple(replace(line, snapshot=None) for line in self.partitions))

    def to_json(self) -> bytes:
        """Canonical: sorted keys, a line a field, LF; the same dataset gives the same bytes."""
        content = {"manifest_version": _VERSION, **_known(asdict(self))}
        content["partitions"] = [_known(line) for line in content["partitions"]]
        return (json.dumps(content, sort_keys=True, indent=1, default=_text) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes, where: str) -> DatasetManifest:
        """Read one back.

        Raises:
            DataError: not a manifest of this version, or not in canonical form.
        """
        try:
            content = json.loads(data)
            version = content.pop("manifest_version")
            manifest = _parse(content)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                f"{where} is no dataset manifest: {error!r}. Expected version {_VERSION}"
            ) from error
        if version != _VERSION:
            raise DataError(
                f"{where} has another format. Expected manifest version {_VERSION}, was {version}"
            )
        if manifest.to_json() != data:
            raise DataError(f"{where} was edited. Expected its canonical form, was another spelling")
        return manifest


def _parse(content: dict[str, Any]) -> DatasetManifest:
    lines = content.pop("partitions")
    return DatasetManifest(
        as_of=date.fromisoformat(content.pop("as_of")),
        windows=Windows(**content.pop("windows")),
        feature_names=tuple(content.pop("feature_names")),
        partitions=tuple(DatasetDay(day=date.fromisoformat(line.pop("day")), **line) for line in lines),
        **content,
    )


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """What the oldest manifests lack is left out, so that they keep their bytes."""
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"Expected JSON values and dates, was {type(value).__name__}")
