from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from serving.endpoint.served_journal import ServedJournal, read_served
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets_tests.serving.recorded_day import DAY

_COUNT = len(FEATURES)
_ROWS = np.random.default_rng(1).normal(size=(4, _COUNT)) * 10.0 ** np.arange(-20, -20 + _COUNT)
_ROWS[0, :3] = [-0.0, 5e-324, 1.7976931348623157e308]


def _serve(root: Path, rows: int, *, complete: bool = True) -> ServedJournal:
    journal = ServedJournal(root, DAY, complete=complete)
    for row in range(rows):
        journal.event(DAY.start_us + row, _ROWS[row], [])
    return journal


def test_what_was_served_is_read_back_to_the_bit_while_it_is_being_written(tmp_path: Path) -> None:
    journal = _serve(tmp_path, 4)
    served = read_served(tmp_path, DAY)
    assert served.matrix[:, 0].tolist() == [DAY.start_us + row for row in range(4)]
    assert served.matrix[:, 1:].tobytes() == _ROWS.tobytes()
    assert served.complete
    journal.close()


def test_each_start_has_its_own_file_and_the_newest_counts(tmp_path: Path) -> None:
    first = _serve(tmp_path, 3)
    before = first.path.read_bytes()
    second = _serve(tmp_path, 1, complete=False)
    first.close()
    second.close()
    served = read_served(tmp_path, DAY)
    assert (len(served.matrix), served.complete) == (1, False)
    assert first.path.read_bytes() == before


def test_lost_ticks_are_remembered(tmp_path: Path) -> None:
    journal = _serve(tmp_path, 1)
    journal.incomplete(17)
    journal.event(DAY.end_us - 1, _ROWS[1], [])
    journal.close()
    served = read_served(tmp_path, DAY)
    assert (len(served.matrix), served.complete) == (2, False)


def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    journal = _serve(tmp_path, 2)
    journal.close()
    content = journal.path.read_bytes()
    header, first = content.index(b"\n") + 1, content.index(b"\n", content.index(b"\n") + 1) + 1
    for cut in (header, header + 5, first - 1, first, len(content) - 1, len(content)):
        journal.path.write_bytes(content[:cut])
        assert len(read_served(tmp_path, DAY).matrix) == content[:cut].count(b"\n") - 1
    journal.path.write_bytes(content[: header - 1])
    with pytest.raises(DataError, match="Expected a header"):
        read_served(tmp_path, DAY)


def test_a_day_that_was_never_streamed_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"Nothing was served for SYNEUR\|2024-01-17"):
        read_served(tmp_path, DAY)
