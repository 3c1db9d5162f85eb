"""What is written, and what is refused; `test_compiled.py` runs it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from math import inf

import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.expert.export import expert_files
from ticklake_assets.modeling.deployed.expert.literals import literal, table
from ticklake_assets_tests.modeling.deployed.expert.bundles import bundle_of, expires_us


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    day = SymbolDay("EURUSD", date(2024, 1, 17))
    return bundle_of(tmp_path_factory.mktemp("keys"), day, anomaly=3.0, gap=1.0)


def _files(bundle: Bundle) -> dict[str, bytes]:
    return expert_files(bundle, tradable=True, expires_us=expires_us(bundle))


def test_the_same_bundle_gives_the_same_files_and_they_include_each_other(bundle: Bundle) -> None:
    files = _files(bundle)
    assert files == _files(bundle)
    assert files["pattern.onnx"] == bundle.parts.pattern_onnx
    assert bundle.digest in files["README.txt"].decode()
    for name, data in files.items():
        if name.endswith((".mq5", ".mqh")):
            text = data.decode("ascii")
            assert set(re.findall(r'#include "(.*)"', text)) <= files.keys()
            assert "static_cast" not in text


def test_features_of_the_installations_own_are_refused_by_name(bundle: Bundle) -> None:
    manifest = bundle.manifest.model_copy(update={"features": (*bundle.manifest.features, "my_own")})
    with pytest.raises(BundleError, match=r"it sees \['my_own'\]"):
        _files(replace(bundle, manifest=manifest))


@pytest.mark.parametrize("value", [0.1, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 123456789.0])
def test_a_number_is_written_as_the_very_double_with_a_point(value: float) -> None:
    assert float(literal(value)).hex() == value.hex()
    assert "." in literal(value)


def test_what_no_source_can_say_is_refused() -> None:
    with pytest.raises(BundleError, match="finite"):
        literal(inf)


def test_a_long_table_is_broken_into_lines() -> None:
    text = table("double", "MANY", "99", [1 / 3] * 99)
    assert max(map(len, text.splitlines())) < 130
    assert text.count("0.3333333333333333") == 99
