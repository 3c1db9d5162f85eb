"""Whatever lies in core/added is judged here by the laws, without a word in this file."""

from __future__ import annotations

import pytest

from ticklake_assets.core import declared
from ticklake_assets.core.added import features as added_features
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.lookahead import find_leaks, poison_times
from ticklake_assets.core.lookahead_subjects import Subject, declared_by, everything
from ticklake_assets.core.schemas import names
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

QUOTES = random_quotes(12_000, gap_ms=5000)


@pytest.fixture(scope="module")
def subject() -> Subject:
    return everything()


def test_every_column_of_gold_is_judged(subject: Subject) -> None:
    columns = set(subject.sheet(DAY, QUOTES).columns)
    assert columns >= {*names(FEATURES), "long_net", "short_exit_us", "outcome"}
    assert columns >= {each.name for each in subject.labels}


def test_no_column_knows_the_future(subject: Subject) -> None:
    sheet = subject.sheet(DAY, QUOTES)
    assert len(sheet.ts_us) > 100
    assert find_leaks(subject.sheet, DAY, QUOTES, poison_times(sheet)) == []


def test_no_column_knows_how_the_day_was_cut(subject: Subject) -> None:
    assert subject.chunk_faults(DAY, QUOTES) == set()


def test_every_value_is_finite(subject: Subject) -> None:
    not_finite = subject.not_finite(subject.sheet(DAY, QUOTES))
    assert not_finite.keys() >= {*names(FEATURES), *(each.name for each in subject.labels)}
    assert not any(not_finite.values()), not_finite


@pytest.mark.parametrize("module", declared.modules_of(added_features), ids=lambda module: module.__name__)
def test_the_compiled_step_has_the_bits_of_plain_python(module: object) -> None:
    assert declared_by(module).bit_faults(DAY, QUOTES) == set()
