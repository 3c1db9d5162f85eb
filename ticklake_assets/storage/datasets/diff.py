"""What changed between two frozen datasets, day by day: from their manifests alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ticklake_assets.storage.datasets.manifest import DatasetDay, DatasetManifest


class Change(NamedTuple):
    """One thing that differs; an empty side says that it is not there."""

    what: str
    """`kernel`, `labels`, `features`, `windows`, `snapshot bars`, or a day."""
    before: str
    after: str
    why: str = ""
    """Of a day whose rows changed: what the manifests know of the reason."""


def changes(before: DatasetManifest, after: DatasetManifest) -> list[Change]:
    """Everything that differs but the files' own sha256, which follow from the rows; days last, in order."""
    return [*_about(before, after), *_days(before, after)]


def _about(before: DatasetManifest, after: DatasetManifest) -> Iterator[Change]:
    told = [
        ("symbol", before.symbol, after.symbol),
        ("as of", str(before.as_of), str(after.as_of)),
        ("windows", _windows(before), _windows(after)),
        ("kernel", before.kernel_version, after.kernel_version),
        ("labels", before.label_version or "", after.label_version or ""),
    ]
    yield from (Change(what, old, new) for what, old, new in told if old != new)
    old_names, new_names = before.feature_names, after.feature_names
    yield from (Change("feature", name, "") for name in old_names if name not in new_names)
    yield from (Change("feature", "", name) for name in new_names if name not in old_names)
    if set(old_names) == set(new_names) and old_names != new_names:
        yield Change("features", "one order", "another order")
    for table in sorted({*before.snapshots, *after.snapshots}):
        old, new = (str(manifest.snapshots.get(table, "")) for manifest in (before, after))
        if old != new:
            yield Change(f"snapshot {table}", old, new)


def _days(before: DatasetManifest, after: DatasetManifest) -> Iterator[Change]:
    old, new = ({line.day: line for line in manifest.partitions} for manifest in (before, after))
    other_code = list(_other_code(before, after))
    for day in sorted({*old, *new}):
        one, other = old.get(day), new.get(day)
        if _content(one) != _content(other):
            why = _why(one, other, other_code) if one and other else ""
            yield Change(str(day), _line(one), _line(other), why)


def _content(line: DatasetDay | None) -> DatasetDay | None:
    return line and replace(line, snapshot=None)


def _other_code(before: DatasetManifest, after: DatasetManifest) -> Iterator[str]:
    if (before.kernel_version, before.feature_names) != (after.kernel_version, after.feature_names):
        yield "another kernel"
    if before.label_version != after.label_version:
        yield "other label rules or costs"


def _why(old: DatasetDay, new: DatasetDay, other_code: list[str]) -> str:
    if old.raw_sha256 != new.raw_sha256:
        return f"corrected: raw {old.raw_sha256[:12]} became {new.raw_sha256[:12]}"
    if old.sha256 != new.sha256:
        return ", ".join(["the same raw file", *other_code])
    return ""


def _line(line: DatasetDay | None) -> str:
    if line is None:
        return ""
    return f"{line.part}, {line.rows} rows{'' if line.open else ', closed'}, {line.sha256[:12]}"


def _windows(manifest: DatasetManifest) -> str:
    windows = manifest.windows
    return f"{windows.train_days}/{windows.validate_days}/{windows.test_days}"
