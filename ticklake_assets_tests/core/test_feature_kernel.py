"""The compiled kernel: pinned bits, the same bits interpreted, one compilation, no stale cache."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from ticklake_assets.core import feature_kernel, orders, rule_kernel
from ticklake_assets.core.features import advance, empty_events, features_of_day, new_state
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

GOLDEN = ("2", "d5a7f7bae59fabc4f76a494ac4be4558ff4e5ea791a49d47b6eadc44179b85f0")
"""BUILT_IN_VERSION and the digest of a day: bits that were meant to change need a new version and digest."""

DIGEST = """
from ticklake_assets_tests.core.test_feature_kernel import digest_of_a_day
print(digest_of_a_day())
"""
CACHE_USE = """
import numpy as np
from ticklake_assets.core import feature_kernel, orders, rule_kernel
from ticklake_assets.core.cleaning import RawColumns, judge_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.labels import label_day
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes
from ticklake_assets_tests.core.test_feature_kernel import one_by_one
quotes = random_quotes(2000)
label_day(DAY, quotes, features_of_day(DAY, quotes), instrument_of("EURUSD"))
one_by_one(quotes)
judge_day(DAY, RawColumns(*quotes, np.zeros(2000, np.uint8)))
clean_day_live(DAY, [(DAY.start_us, 1.0, 1, 1.0, None)])
for kernel in (feature_kernel.advance, orders.walk_all, rule_kernel.judge_columns, rule_kernel.judge_tick):
    hits, misses = kernel.stats.cache_hits.values(), kernel.stats.cache_misses.values()
    print(len(kernel.signatures), sum(hits), sum(misses))
"""


def digest_of_a_day(features: int | None = None) -> str:
    """Of the first features, or of all."""
    found = features_of_day(DAY, random_quotes(6000, gap_ms=5000))
    assert len(found.ts_us) > 100 or os.environ.get("NUMBA_DISABLE_JIT")
    columns = (found.ts_us, found.context, found.features[:, :features])
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


def one_by_one(quotes: Any) -> None:
    """Feed quotes as the endpoint does."""
    state, found = new_state(), empty_events(1)
    for i in range(5):
        advance(state, DAY.start_us, *(column[i : i + 1] for column in quotes), *found)


def test_the_bits_of_a_day_are_pinned_to_the_kernel_version() -> None:
    assert (feature_kernel.BUILT_IN_VERSION, digest_of_a_day(len(feature_kernel.BUILT_IN))) == GOLDEN


def test_the_compiled_kernel_has_the_bits_of_plain_python() -> None:
    """Fused multiply-adds, fastmath or a reordered sum would show here."""
    assert _python(DIGEST, NUMBA_DISABLE_JIT="1").split() == [digest_of_a_day()]


def test_a_new_process_does_not_compile_again(tmp_path: Path) -> None:
    """One signature serves batch and endpoint; the second process loads it from the disk."""
    first = _python(CACHE_USE, NUMBA_CACHE_DIR=str(tmp_path)).split()
    second = _python(CACHE_USE, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert first == ["1", "0", "1"] * 4
    assert second == ["1", "1", "0"] * 4


@pytest.mark.parametrize("module", [feature_kernel, orders, rule_kernel])
def test_what_is_compiled_stays_in_the_file_that_the_cache_watches(module: ModuleType) -> None:
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {name for kernel in _kernels(module) for name in kernel.py_func.__code__.co_names}
    assert used & imported <= {"math", "np"}


@pytest.mark.parametrize(
    "break_it",
    [
        lambda call: {**call, "state": call["state"][:-1]},
        lambda call: {**call, "bid": call["bid"][:-1]},
        lambda call: {**call, "out_ts": call["out_ts"][:-1]},
        lambda call: {**call, "out_context": call["out_context"][:-1]},
        lambda call: {**call, "out_features": call["out_features"][:-1]},
        lambda call: {**call, "out_features": np.empty((3, 7))},
        lambda call: {**call, "out_context": np.empty((3, 7))},
    ],
)
def test_arrays_that_would_be_overrun_are_refused(break_it: Any) -> None:
    quotes, found = random_quotes(3), empty_events(3)
    call = {"state": new_state(), "day_start_us": DAY.start_us, **quotes._asdict()}
    call |= {"out_ts": found.ts_us, "out_context": found.context, "out_features": found.features}
    assert advance(*call.values()) == 0
    with pytest.raises(ValueError, match="Expected"):
        advance(*break_it(call).values())


def _kernels(module: ModuleType) -> Iterator[Dispatcher]:
    return (value for value in vars(module).values() if isinstance(value, Dispatcher))


def _python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **environment},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
