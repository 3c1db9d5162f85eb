from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.folds import Windows
from ticklake_assets.storage.datasets.diff import Change, changes
from ticklake_assets.storage.datasets.manifest import DatasetDay, DatasetManifest

DAYS = [date(2024, 1, 11), date(2024, 1, 12), date(2024, 1, 13), date(2024, 1, 14)]
PARTS = ["train", "train", "validate", "test"]


def make_manifest() -> DatasetManifest:
    lines = tuple(
        DatasetDay(day, part, 5, 25_000, True, f"rows-{day}", f"raw-{day}")
        for day, part in zip(DAYS, PARTS, strict=True)
    )
    snapshots = {"bars": 1, "features": 2, "labels": 3}
    return DatasetManifest(
        "EURUSD", date(2024, 1, 15), Windows(2, 1, 1), "1", ("a", "b"), snapshots, lines, {}
    )


def with_line(manifest: DatasetManifest, at: int, **fields: object) -> DatasetManifest:
    lines = list(manifest.partitions)
    lines[at] = replace(lines[at], **fields)  # type: ignore[arg-type]
    return replace(manifest, partitions=tuple(lines))


def with_why(before: DatasetManifest, after: DatasetManifest) -> str:
    """Why the first day's rows are others."""
    return changes(before, with_line(after, 0, sha256="new"))[-1].why


def test_a_manifest_does_not_differ_from_itself() -> None:
    assert changes(make_manifest(), make_manifest()) == []
    assert changes(make_manifest(), with_line(make_manifest(), 1, snapshot=7)) == [], (
        "committed again, no more"
    )


def test_a_corrected_day_names_both_raw_files() -> None:
    after = with_line(make_manifest(), 1, rows=6, sha256="new", raw_sha256="raw-2")
    (change,) = changes(make_manifest(), after)
    assert change == Change(
        "2024-01-12",
        "train, 5 rows, rows-2024-01",
        "train, 6 rows, new",
        "corrected: raw raw-2024-01- became raw-2",
    )


def test_a_day_made_again_by_other_code_says_what_differs() -> None:
    before = make_manifest()
    kernel, labels = replace(before, kernel_version="2"), replace(before, label_version="1-a")
    assert [with_why(before, after) for after in (before, kernel, labels)] == [
        "the same raw file",
        "the same raw file, another kernel",
        "the same raw file, other label rules or costs",
    ]


def test_a_day_with_the_same_rows_from_another_raw_file_is_told() -> None:
    """A correction that changes no event: the rows are the same, what they came from is not."""
    (change,) = changes(make_manifest(), with_line(make_manifest(), 0, raw_sha256="raw-2"))
    assert (change.what, change.why) == ("2024-01-11", "corrected: raw raw-2024-01- became raw-2")


def test_days_that_came_went_or_changed_their_part() -> None:
    before = make_manifest()
    later = replace(before, as_of=date(2024, 1, 16), partitions=before.partitions[1:])
    assert [(change.what, change.after) for change in changes(before, later)] == [
        ("as of", "2024-01-16"),
        ("2024-01-11", ""),
    ]
    assert [change.before for change in changes(later, before)] == ["2024-01-16", ""]
    (moved,) = changes(before, with_line(before, 1, part="validate"))
    assert (moved.before[:5], moved.after[:8]) == ("train", "validate")


def test_everything_else_that_may_differ_is_named() -> None:
    before = make_manifest()
    after = replace(
        before, symbol="GBPJPY", windows=Windows(1, 2, 1), kernel_version="2", feature_names=("b", "c"),
        label_version="1-a", snapshots={**before.snapshots, "features": 9},
    )  # fmt: skip
    assert changes(before, after) == [
        Change("symbol", "EURUSD", "GBPJPY"),
        Change("windows", "2/1/1", "1/2/1"),
        Change("kernel", "1", "2"),
        Change("labels", "", "1-a"),
        Change("feature", "a", ""),
        Change("feature", "", "c"),
        Change("snapshot features", "2", "9"),
    ]
    swapped = replace(before, feature_names=("b", "a"))
    assert changes(before, swapped) == [Change("features", "one order", "another order")]


lines = st.dictionaries(
    st.sampled_from(DAYS),
    st.tuples(
        st.sampled_from(["train", "test"]), st.integers(0, 2), st.sampled_from("ab"), st.sampled_from("cd")
    ),
)


def manifest_of(found: dict[date, tuple[str, int, str, str]], kernel: str) -> DatasetManifest:
    partitions = tuple(
        DatasetDay(day, part, rows, 25_000, True, f"rows-{rows}-{content}", raw)
        for day, (part, rows, content, raw) in sorted(found.items())
    )
    return replace(make_manifest(), kernel_version=kernel, partitions=partitions)


@given(lines, lines, st.sampled_from("12"))
def test_nothing_is_overlooked_and_the_way_back_is_the_same_turned_around(
    before: dict[date, tuple[str, int, str, str]], after: dict[date, tuple[str, int, str, str]], kernel: str
) -> None:
    old, new = manifest_of(before, "1"), manifest_of(after, kernel)
    there, back = changes(old, new), changes(new, old)
    differing = {str(day) for day in DAYS if before.get(day) != after.get(day)}
    assert {change.what for change in there} - {"kernel"} == differing
    assert (there == []) == old.same_content(new)
    assert [(change.what, change.after, change.before) for change in there] == [change[:3] for change in back]
