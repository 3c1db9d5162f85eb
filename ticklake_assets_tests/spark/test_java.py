"""Finding Java, among homes made for the test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import find_java

COMPLETE = "java.base jdk.incubator.vector jdk.zipfs"


def make_home(home: Path, version: str, modules: str = COMPLETE, *, release: bool = True) -> Path:
    """Make a Java that tells its version in `release`, or only when it is run."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!/bin/sh\necho 'openjdk version "{version}" 2025-04-15' >&2\n""")
    program.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return home


def test_java_home_comes_first(tmp_path: Path) -> None:
    wanted = make_home(tmp_path / "mine", "21.0.5")
    make_home(tmp_path / "jvm" / "java-17", "17.0.15")
    assert find_java({"JAVA_HOME": str(wanted)}, tmp_path / "jvm") == wanted


@pytest.mark.parametrize("unfit", ["25.0.1", "11.0.2", "1.8.0_392", "24"])
def test_an_unfit_java_home_is_passed_over(tmp_path: Path, unfit: str) -> None:
    make_home(tmp_path / "mine", unfit)
    system = make_home(tmp_path / "jvm" / "java-17", "17.0.15")
    assert find_java({"JAVA_HOME": str(tmp_path / "mine")}, tmp_path / "jvm") == system


def test_path_leads_through_links_to_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", "17.0.15")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "java").symlink_to(home / "bin" / "java")
    assert find_java({"PATH": str(tmp_path / "links")}, tmp_path / "jvm") == home


def test_sdkman_is_a_usual_place(tmp_path: Path) -> None:
    home = make_home(tmp_path / ".sdkman" / "candidates" / "java" / "21.0.2-tem", "21.0.2")
    assert find_java({"HOME": str(tmp_path)}, tmp_path / "jvm") == home


def test_without_a_release_file_the_program_is_asked(tmp_path: Path) -> None:
    make_home(tmp_path / "jvm" / "a", "25.0.1", release=False)
    home = make_home(tmp_path / "jvm" / "b", "17.0.15", release=False)
    assert find_java({}, tmp_path / "jvm") == home


def test_a_home_without_a_program_is_no_java(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jvm" / "java-17", "17.0.15")
    (home / "bin" / "java").unlink()
    with pytest.raises(SetupError, match="was no Java at all"):
        find_java({}, tmp_path / "jvm")


def test_the_error_says_what_to_install_and_what_was_there(tmp_path: Path) -> None:
    make_home(tmp_path / "jvm" / "java-25", "25.0.1")
    make_home(tmp_path / "jvm" / "small-17", "17.0.15", modules="java.base")
    broken = tmp_path / "jvm" / "broken" / "bin" / "java"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a program")
    with pytest.raises(SetupError) as caught:
        find_java({}, tmp_path / "jvm")
    message = str(caught.value)
    assert "\n" not in message
    assert "install openjdk-17-jre-headless" in message
    assert "Expected Java 17 or 21, was " in message
    assert f"{tmp_path}/jvm/java-25: Java 25" in message
    assert f"{tmp_path}/jvm/small-17: Java 17 without the module jdk.incubator.vector" in message
    assert f"{tmp_path}/jvm/broken: tells no version" in message


def test_the_command_prints_the_home_alone(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", "17.0.15")
    answer = subprocess.run(
        [sys.executable, "-m", "ticklake_assets.spark.java"],
        env={"JAVA_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == f"{home}\n"
