from __future__ import annotations

from pathlib import Path

import pytest

from stack.java import java_of
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import Java
from ticklake_assets_tests.stack.scripted import Scripted

FOUND = [Java(Path(f"/jvm/{version}"), version, None) for version in (17, 21, 25)]


def needing(least: int, most: int | None) -> Scripted:
    service = Scripted("trino")
    service.least_java, service.most_java = least, most
    return service


@pytest.mark.parametrize(
    ("least", "most", "home"),
    [(17, 21, "17"), (21, None, "21"), (24, None, "25"), (18, 24, "21"), (25, 25, "25")],
)
def test_the_first_in_the_range_is_taken(least: int, most: int | None, home: str) -> None:
    assert java_of(needing(least, most), FOUND) == Path("/jvm") / home


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (26, None, r"trino: Expected Java 26 or later, was 17 \(/jvm/17\), 21 .*, 25 .*: install"),
        (22, 24, "trino: Expected Java 22 to 24, was 17"),
    ],
)
def test_a_missing_one_is_a_line_that_says_what_was_found(least: int, most: int | None, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        java_of(needing(least, most), FOUND)


def test_no_java_at_all_is_said() -> None:
    with pytest.raises(SetupError, match="was none"):
        java_of(needing(17, None), [Java(Path("/jvm/x"), None, None)][:0])
