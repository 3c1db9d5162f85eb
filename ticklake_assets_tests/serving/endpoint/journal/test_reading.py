from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from serving.endpoint.journal.day_journal import DayJournal
from serving.endpoint.journal.journals import Journals
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.journal.reading import read_journal, read_served
from ticklake_assets.journal.records import pack
from ticklake_assets_tests.serving.endpoint.journal.test_served_signals import one_event
from ticklake_assets_tests.serving.recorded_day import DAY

_COUNT = len(FEATURES)
_ROWS = np.random.default_rng(1).normal(size=(4, _COUNT)) * 10.0 ** np.arange(-20, -20 + _COUNT)
_ROWS[0, :3] = [-0.0, 5e-324, 1.7976931348623157e308]


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[Journals]:
    with closing(Journals(tmp_path)) as journals:
        yield journals


def _serve(journals: Journals, seqs: list[int], *, complete: bool = True) -> DayJournal:
    journal = journals.begin(DAY, complete=complete)
    for row, seq in enumerate(seqs):
        journal.batch(pack(one_event(seq, DAY.start_us + row, _ROWS[row], [])))
    return journal


def test_what_was_served_is_read_back_to_the_bit_while_it_is_being_written(journals: Journals) -> None:
    _serve(journals, [1, 2, 3, 4])
    served = read_served(journals.root, DAY)
    assert served.matrix[:, 0].tolist() == [DAY.start_us + row for row in range(4)]
    assert served.matrix[:, 1:].tobytes() == _ROWS.tobytes()
    assert served.complete


def test_each_start_has_its_own_file_and_the_newest_counts(journals: Journals) -> None:
    first = _serve(journals, [1, 2, 3])
    before = first.path.read_bytes()
    _serve(journals, [1], complete=False)
    served = read_served(journals.root, DAY)
    assert (len(served.matrix), served.complete) == (1, False)
    assert first.path.read_bytes() == before


def test_lost_ticks_show_in_the_numbers(journals: Journals) -> None:
    _serve(journals, [1, 2, 17])
    served = read_served(journals.root, DAY)
    assert (len(served.matrix), served.complete) == (3, False)


def test_a_frame_that_was_cut_off_does_not_count(journals: Journals) -> None:
    path = _serve(journals, [1, 2]).path
    content = path.read_bytes()
    sizes = [len(content)]
    for cut in range(len(content) - 1, 0, -1):
        path.write_bytes(content[:cut])
        try:
            rows = len(read_served(journals.root, DAY).matrix)
        except DataError as error:
            assert "Expected a header" in str(error)  # noqa: PT017 - which cuts do is what is asked
            rows = -1
        sizes.append(rows)
    assert sorted(set(sizes[1:])) == [-1, 0, 1]
    assert sizes[1:] == sorted(sizes[1:], reverse=True)


def test_a_byte_that_was_changed_is_refused_by_file_and_place(journals: Journals) -> None:
    path = _serve(journals, [1, 2, 3]).path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"0001\.journal: the frame at byte \d+ was changed"):
        read_journal(path)


def test_a_hole_of_zeros_is_no_frame(journals: Journals) -> None:
    path = _serve(journals, [1, 2]).path
    path.write_bytes(path.read_bytes() + bytes(1000))
    assert len(read_served(journals.root, DAY).matrix) == 2


def test_another_file_is_no_journal(journals: Journals) -> None:
    path = _serve(journals, []).path
    path.write_bytes(b"symbol,ts_us,bid\n")
    with pytest.raises(DataError, match="Expected a journal"):
        read_journal(path)


def test_a_day_that_was_never_streamed_is_said(journals: Journals) -> None:
    with pytest.raises(MissingDataError, match=r"Nothing was served for SYNEUR\|2024-01-17"):
        read_served(journals.root, DAY)
