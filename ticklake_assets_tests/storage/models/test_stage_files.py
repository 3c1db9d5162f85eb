from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.objects.opening import open_store

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))


def files(folder: Path) -> ModelFiles:
    return ModelFiles(open_store(folder.as_uri()))


def test_a_stage_is_replaced_and_read_back(tmp_path: Path) -> None:
    models = files(tmp_path)
    for data in (b"old", b"new"):
        models.put("tested", DAY, data)
    models.put("tested", DAY.shifted(-2), b"earlier")
    assert models.get("tested", DAY) == b"new"
    assert models.as_of_days("tested", "SYNEUR") == [date(2024, 1, 15), date(2024, 1, 17)]


def test_what_belongs_to_a_bundle_lies_beside_the_days(tmp_path: Path) -> None:
    models, digest = files(tmp_path), "a" * 64
    for name in (digest, "b" * 64):
        models.put("judged", SymbolBundle("SYNEUR", name), name.encode())
    assert models.get("judged", SymbolBundle("SYNEUR", digest)) == digest.encode()


def test_what_a_person_opens_has_an_ending(tmp_path: Path) -> None:
    models = files(tmp_path)
    address = models.put("report", DAY, b"<!doctype html>", ".html")
    assert address.endswith("/models/report/SYNEUR/2024-01-17.html")
    assert Path(address).read_bytes() == models.get("report", DAY, ".html")


@pytest.mark.parametrize(
    ("stage", "asset"),
    [
        ("tested", "model/tested"),
        ("walk_forward", "report/walk_forward"),
        ("report", "report/walk_forward"),
        ("deployed", "deploy/endpoint"),
    ],
)
def test_a_missing_result_names_the_asset_that_makes_it(tmp_path: Path, stage: str, asset: str) -> None:
    with pytest.raises(MissingDataError, match=f"Expected {stage} of .*: materialize {asset} first"):
        files(tmp_path).get(stage, DAY)
