"""What the poison test is tried on may not smuggle one day's quotes into another's columns."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

from ticklake_assets.core.lookahead import find_leaks
from ticklake_assets.core.lookahead_subjects import Subject, declared_by
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

QUOTES = random_quotes(6_000, gap_ms=5000)
COLUMNS = '''
import numpy as np

from ticklake_assets.core.declared import Known, batch_feature, label

CLOSE = {}


@batch_feature
def close(day, quotes, events, instrument):
    """The day's last bid."""
    return np.full(len(events.ts_us), quotes.bid[-1])


@batch_feature
def kept_close(day, quotes, events, instrument):
    """The same, remembered by day."""
    return np.full(len(events.ts_us), CLOSE.setdefault(day.key, quotes.bid[-1]))


@batch_feature
def kept_open(day, quotes, events, instrument, opens={}):
    """The day's first bid, remembered by day: known at every event."""
    return np.full(len(events.ts_us), opens.setdefault(day.key, quotes.bid[0]))


@label
def kept_close_too_early(day, quotes, events, instrument):
    """Said to be known at its event."""
    return Known(np.full(len(events.ts_us), CLOSE.setdefault(day.key, quotes.bid[-1])), events.ts_us)
'''


def subject_of(folder: Path) -> Subject:
    path = folder / "columns.py"
    path.write_text(COLUMNS)
    spec = spec_from_file_location("columns", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return declared_by(module)


def test_what_a_module_remembers_of_a_day_hides_no_leak(tmp_path: Path) -> None:
    subject = subject_of(tmp_path)
    times = subject.sheet(DAY, QUOTES).ts_us
    leaks = find_leaks(subject.sheet, DAY, QUOTES, times[:-1:20].tolist())
    assert [leak.column for leak in leaks] == ["close", "kept_close", "kept_close_too_early"]
    assert len({(leak.events, leak.ahead_us) for leak in leaks}) == 1, "as if nothing had been remembered"


def test_every_sheet_of_a_day_is_the_same(tmp_path: Path) -> None:
    subject = subject_of(tmp_path)
    first = subject.sheet(DAY, QUOTES)
    subject.sheet(DAY, QUOTES.head(3_000))
    for name, known in subject.sheet(DAY, QUOTES).columns.items():
        assert np.array_equal(known.values, first.columns[name].values), name
