"""What lies in a package of added files is found, and refused where gold could not hold it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from ticklake_assets.core.declared import Feature, Label, added, modules_of
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.schemas import Column

TAKEN = (Column("bid", "float64", "of gold's own"),)
FEATURE = '''
from ticklake_assets.core.declared import feature

@feature()
def {}(memory, quote):
    """The bid."""
    return quote.bid
'''
LABEL = '''
from ticklake_assets.core.declared import Known, label

@label
def {}(day, quotes, events, instrument):
    """The event's bid."""
    return Known(events.context[:, 0], events.ts_us)
'''
Make = Callable[..., ModuleType]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a package of these texts."""

    def make(*texts: str) -> ModuleType:
        folder = tmp_path / f"of_{tmp_path.name}"
        folder.mkdir()
        (folder / "__init__.py").touch()
        for at, text in enumerate(texts):
            (folder / f"file_{at}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return import_module(folder.name)

    return make


def test_every_file_is_found_in_the_order_of_its_name(package: Make) -> None:
    found = added(package(FEATURE.format("mine"), FEATURE.format("another")), Feature, TAKEN)
    assert [each.name for each in found] == ["mine", "another"]


def test_a_file_without_a_declaration_is_refused(package: Make) -> None:
    with pytest.raises(SetupError, match=r"file_1\.py: Expected a function under @feature, was none"):
        added(package(FEATURE.format("mine"), LABEL.format("mine")), Feature, TAKEN)


@pytest.mark.parametrize(
    ("kind", "texts", "name"),
    [
        (Feature, [FEATURE.format("bid")], "bid"),
        (Feature, [FEATURE.format("Bid")], "Bid"),  # to SQL the same
        (Feature, [FEATURE.format("mine"), FEATURE.format("mine")], "mine"),
        (Label, [LABEL.format("bid")], "bid"),
        (Label, [LABEL.format("mine"), LABEL.format("mine_known_at")], "mine_known_at"),
    ],
)
def test_a_name_that_gold_has_already_is_refused(
    package: Make, kind: type[Feature] | type[Label], texts: list[str], name: str
) -> None:
    with pytest.raises(
        SetupError, match=rf"declares \['{name}'\]. Expected names that no other column of gold"
    ):
        added(package(*texts), kind, TAKEN)


def test_a_file_that_imports_from_elsewhere_is_refused_before_it_runs(package: Make) -> None:
    text = "from numbers_of_mine import DECAY\n" + FEATURE.format("mine")
    with pytest.raises(SetupError, match=re.escape("file_0.py:1 imports numbers_of_mine.DECAY. Expected")):
        modules_of(package(text))
