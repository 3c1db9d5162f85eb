from __future__ import annotations

from pathlib import Path

import pytest

from stack.java import find_java
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.spark.test_java import make_home


def test_the_first_java_in_range_is_taken(tmp_path: Path) -> None:
    make_home(tmp_path / "mine", "17.0.15")
    make_home(tmp_path / "jvm" / "a-21", "21.0.5")
    make_home(tmp_path / "jvm" / "b-25", "25.0.1")
    environment = {"JAVA_HOME": str(tmp_path / "mine")}
    assert find_java("NiFi", 21, None, environment, tmp_path / "jvm") == tmp_path / "jvm" / "a-21"
    assert find_java("Trino", 24, None, environment, tmp_path / "jvm") == tmp_path / "jvm" / "b-25"
    assert find_java("Spark", 17, 17, environment, tmp_path / "jvm") == tmp_path / "mine"


def test_the_error_names_the_service_and_what_was_there(tmp_path: Path) -> None:
    make_home(tmp_path / "jvm" / "java-17", "17.0.15")
    with pytest.raises(SetupError) as caught:
        find_java("Trino", 900, 901, {}, tmp_path / "jvm")
    message = str(caught.value)
    assert message.startswith("Trino finds no Java")
    assert f"Expected Java 900 to 901, was {tmp_path}/jvm/java-17: Java 17" in message
    assert "\n" not in message
