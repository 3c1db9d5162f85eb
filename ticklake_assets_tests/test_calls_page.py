"""docs/endpoint-calls.md: each of its calls is run, and answers what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import read_newest
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint
from ticklake_assets_tests.test_docs import DOCS, REPOSITORY

PAGE = DOCS / "endpoint-calls.md"
_SHIM = Path(__file__).with_name("mql5")


class Call(NamedTuple):
    language: str
    code: str
    answer: str
    """The block right behind it, if that is no call; else nothing is said of the answer."""


def _calls(*languages: str) -> list[Call]:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    followed = zip(blocks, [*blocks[1:], ("", "")], strict=True)
    return [
        Call(language, code, answer if kind in ("json", "text") else "")
        for (language, code), (kind, answer) in followed
        if language in languages
    ]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        assert endpoint.push(make_deployment(endpoint.settings.keys_dir, "EURUSD")).status_code == 201
        yield endpoint


def _run(endpoint: RunningEndpoint, command: list[str], told: str = "") -> str:
    environment = {
        "URL": endpoint.url,
        "TOKEN": endpoint.token,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
    }
    done = subprocess.run(
        command, env=environment, input=told, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_calls_of_curl_answer_what_is_shown(endpoint: RunningEndpoint) -> None:
    first, *calls = _calls("sh")
    assert first.code.startswith("export URL=http://127.0.0.1:8750 TOKEN=")
    assert len(calls) == 5
    for call in calls:
        answer = _run(endpoint, ["bash", "-euc", call.code])
        if call.answer:
            assert json.loads(answer) == json.loads(call.answer)
        else:
            assert answer.startswith(": signals of EURUSD")


def test_the_programs_in_python_print_what_is_shown(endpoint: RunningEndpoint) -> None:
    calls = _calls("python")
    assert len(calls) == 3
    for call in calls:
        assert _run(endpoint, [sys.executable, "-c", call.code]) == call.answer


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
def test_the_expert_in_mql5_brings_its_ticks(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    """Compiled as C++; its arrays are the one thing that C++ writes in another way."""
    (expert,) = _calls("mql5")
    code = re.sub(r"^#property.*$", "", expert.code, flags=re.MULTILINE)
    code = re.sub(r"\bchar (\w+)\[\], (\w+)\[\];", r"Array<char> \1, \2;", code)
    source, program = tmp_path / "expert.cpp", tmp_path / "expert"
    source.write_text(f'#include "mql5.h"\n{code}\n#include "terminal.h"\n')
    compiling = ["g++", "-std=c++17", "-Wall", "-Werror", "-I", str(_SHIM), str(source), "-o", str(program)]
    made = subprocess.run(compiling, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    day = SymbolDay("EURUSD", date(2024, 2, 5))  # more than a week behind the other calls: a feed of its own
    ahead_ms = 7_200_000
    times = [day.start_us // 1000 + 1000 * n for n in range(5)]
    told = _run(endpoint, [str(program)], "".join(f"{each + ahead_ms} 1.0881 1.08825\n" for each in times))
    assert told == ""
    ticks = [batch.ticks for batch in read_newest(endpoint.settings.journals, day).batches]
    assert [each.ts_us.item() for each in ticks] == [each * 1000 for each in times]
    assert {(each.bid.item(), each.ask.item(), each.missing.item()) for each in ticks} == {
        (1.0881, 1.08825, 24)
    }
