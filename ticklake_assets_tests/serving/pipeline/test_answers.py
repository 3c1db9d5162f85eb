from __future__ import annotations

import pytest

from serving.pipeline.answers import Answer, ServiceDown, ask
from ticklake_assets.core.errors import DataError


def _raises(error: Exception) -> None:
    raise error


def test_a_source_that_answers() -> None:
    assert ask(int, "3") == Answer(3, "")


@pytest.mark.parametrize(
    "error",
    [
        DataError("EURUSX. Expected a symbol"),
        ServiceDown("MLflow", "http://x", "refused", "Start it"),
        OSError("full"),
    ],
)
def test_a_source_that_cannot_is_a_sentence(error: Exception) -> None:
    assert ask(_raises, error) == Answer(None, str(error))


def test_a_fault_of_ours_is_no_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(lambda: 1 // 0)
