"""A machine with one extra: what it lacks is said in a line, and what it has works as in the full environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree

import httpx
import pytest
from websockets.sync.client import connect

from mt5_bridge.replay.replay import Replay, run_replay
from serving.endpoint.access.owner_token import endpoint_token, token_path
from ticklake_assets.extras import extra_with
from ticklake_assets.journal.reading import read_served
from ticklake_assets_tests.installations import Installation, build_wheel, install
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

TRAINING = [
    "boto3", "dagster", "duckdb", "dvc", "great_expectations", "jinja2", "matplotlib", "mlflow", "onnx",
    "onnxmltools", "optuna", "pandas", "polars", "psutil", "pyarrow", "pyiceberg", "pyspark", "scipy",
    "skl2onnx", "sklearn", "xgboost",
]  # fmt: skip
SCORING = ["cryptography", "fastapi", "numba", "numpy", "onnxruntime", "orjson", "uvicorn"]

HERE = "import importlib.util, sys; print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])"

EVERY_COMMAND = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
import typer
from ticklake_assets.cli import app
from ticklake_assets.terminal import command_of

@command_of(app)
def mistaken():
    import ticklake_assets.core.no_such_module

def commands(group, words=()):
    for name, command in group.commands.items():
        if not hasattr(command, "commands") or command.invoke_without_command:
            yield [*words, name], command
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))

def needed(command):
    for parameter in command.params:
        if parameter.required:
            if parameter.param_type_name == "option":
                yield parameter.opts[0]
            # passes for a day, a symbol, a name
            yield "7" if parameter.metavar == "DAYS" else "2024-01-15"

said, program = {}, typer.main.get_command(app)
for words, command in ((), program), *commands(program):
    name, output, errors = " ".join(words), io.StringIO(), io.StringIO()
    arguments = ["--help"] if name in ("", *sys.argv[1:]) else needed(command)
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            app([*words, *arguments], prog_name="ticklake")
        except SystemExit as end:
            said[name] = [end.code, output.getvalue(), errors.getvalue()]
        except Exception as error:
            said[name] = [type(error).__name__, output.getvalue(), str(error)]
print(json.dumps(said))
"""
"""Runs each command in turn, in one process, with whatever arguments it insists on, or asks for its help."""

_OF_BRIDGE = (("costs", "dukascopy"),)
"""Commands that work where a bridge does, as numpy is there, and what they say."""
_OF_SERVING = *_OF_BRIDGE, ("journal list", "no journals in"), ("journal verify", "0 files")
"""And where an endpoint does."""


@dataclass(frozen=True)
class Serving:
    """An endpoint of the extra `serving` alone, and one of the full environment with the same keys and model."""

    url: str
    home: Path
    full: RunningEndpoint


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    yield from installed(wheel, "serving", tmp_path_factory.mktemp("serving") / "env")


@pytest.fixture(scope="module")
def bridge(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    yield from installed(wheel, "bridge", tmp_path_factory.mktemp("bridge") / "env")


def installed(wheel: Path, extra: str, folder: Path) -> Iterator[Installation]:
    yield install(wheel, extra, folder)
    rmtree(folder)  # up to 400 MB, of which pytest would keep the last three


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"), ticks=400)


@pytest.fixture(scope="module")
def served(serving: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    homes = tmp_path_factory.mktemp("homes")
    home = homes / "serving"
    with endpoint_process(home, python=serving.python, folder=serving.folder) as (process, url):
        deployment = make_deployment(home / "keys", "SYNEUR")
        copytree(home / "keys", homes / "full" / "keys")
        headers = bearer(endpoint_token(home / "keys"))
        pushed = httpx.post(url + "/v1/bundles", content=deployment, headers=headers, timeout=60)
        assert pushed.status_code == 201, pushed.text
        with running_endpoint(homes / "full") as full:
            assert full.push(deployment).status_code == 201
            yield Serving(url, home, full)
        assert process.poll() is None


def test_the_endpoint_has_what_it_scores_with_and_nothing_that_trains(
    serving: Installation, tmp_path: Path
) -> None:
    found = serving.run("python", "-c", HERE, *TRAINING, *SCORING, home=tmp_path)
    assert found.stdout.strip() == str(SCORING), found.stderr


def test_the_bridge_has_none_of_all_that(bridge: Installation, tmp_path: Path) -> None:
    found = bridge.run("python", "-c", HERE, *TRAINING, *SCORING, "websockets", home=tmp_path)
    assert found.stdout.strip() == "['numpy', 'websockets']", found.stderr
    helped = bridge.run("ticklake-bridge", "--help", home=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "replay" in helped.stdout


def test_it_answers_every_tick_as_the_full_environment_does(served: Serving, recorded: RecordedDay) -> None:
    token = endpoint_token(served.home / "keys")
    answers = stream(served.url, token, recorded)
    assert sum('"signal":{' in answer for answer in answers) > 5
    assert answers == stream(served.full.url, token, recorded)
    ours, theirs = (
        read_served(folder / "endpoint" / "journal", recorded.day)
        for folder in (served.home, served.full.settings.home)
    )
    assert len(ours.matrix) > 5
    assert ours.matrix.tobytes() == theirs.matrix.tobytes()


def stream(url: str, token: str, recorded: RecordedDay) -> list[str | bytes]:
    """The endpoint's own words for each tick of the day."""
    address = f"{url.replace('http', 'ws')}/v1/stream/{recorded.day.symbol}/{recorded.day.trading_day}"
    with connect(address, additional_headers=bearer(token), proxy=None, compression=None) as connection:
        answers = []
        for message in ('{"type":"start","complete":true}', *(tick.message() for tick in recorded.ticks)):
            connection.send(message)
            answers.append(connection.recv())
    return answers


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_bridge_alone_trades_as_the_full_environment_does(
    bridge: Installation, served: Serving, recorded: RecordedDay, tmp_path: Path
) -> None:
    day, alone = recorded.day, tmp_path / "alone"
    done = bridge.run(
        "ticklake-bridge", "replay", "--csv", recorded.csv, "--symbol", day.symbol,
        "--trading-day", day.trading_day.isoformat(), "--endpoint", served.url,
        "--token-file", token_path(served.home / "keys"), "--journal", alone, home=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    replay = Replay(recorded.csv, day.symbol, day.trading_day, tmp_path / "full")
    summary = run_replay(replay, served.full.client, lambda done, total: None)
    assert summary.fills > 5
    assert [name.rpartition(".")[2] for name in files(alone)].count("jsonl") == 2
    assert files(alone) == files(tmp_path / "full")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("extra", ["serving", "bridge"])
def test_a_command_works_or_says_in_a_line_which_extra_it_needs(
    extra: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    installation: Installation = request.getfixturevalue(extra)
    helped = ["endpoint"] if extra == "serving" else []  # it would serve
    done = installation.run("python", "-c", EVERY_COMMAND, *helped, home=tmp_path)
    said = json.loads(done.stdout)
    assert said.pop("mistaken")[0] == "ModuleNotFoundError", "a mistake of ours is hidden"
    for name, told in (
        ("", "walk-forward"),
        ("instruments", "SYNEUR"),
        ("settings", "TICKLAKE_HOME"),
        ("dialects", "mt5"),
        ("instrument list", "SYNEUR"),
        ("dataset list", "no dataset yet"),
        ("model list", "no model yet"),
        ("endpoint token list", "scopes"),
        *((name, "--port") for name in helped),
        *(_OF_SERVING if extra == "serving" else _OF_BRIDGE),
    ):
        code, output, errors = said.pop(name)
        assert (code, errors) == (0, ""), name
        assert told in output
    assert said.pop("endpoint token create")[0] == 2, "a day is no scope"
    for name in ("pages user add", "pages user roles"):
        assert said.pop(name)[0] == 2, "a day is no role"
    for name in ("endpoint token rotate", "endpoint token revoke"):
        assert "Expected a token of none yet" in said.pop(name)[2]
    assert len(said) > 25
    lines = {
        name: errors for name, (code, _, errors) in said.items() if code == 1 and errors.count("\n") == 1
    }
    assert lines.keys() == said.keys(), {name: said[name] for name in said.keys() - lines.keys()}
    unsaid = {name: line for name, line in lines.items() if "pip install 'ticklake[" not in line}
    # What is asked for is not there, whatever is installed: a name, a version, a symbol, a home with MLflow.
    refused_first = {"stack logs", "dialect show", "ui mlflow", "notify test"}
    refused_first |= {"journal show"} if extra == "serving" else set()
    refused_first |= {f"dataset {name}" for name in ("diff", "checkout", "rollback")}
    refused_first |= {f"instrument {name}" for name in ("add", "search", "show")}
    assert unsaid.keys() == refused_first, unsaid
    assert "extra `assets`, was without dagster" in lines["demo"]
    assert "extra `stack`, was without nipyapi" in lines["replicate deploy"]
    if extra == "bridge":
        assert "extra `serving`, was without uvicorn" in lines["endpoint"]


@pytest.mark.parametrize("module", ["ticklake_assets.no_such", "stack.no_such", "typer.no_such", "msilib"])
def test_no_extra_mends_a_mistake_of_ours(module: str) -> None:
    """A module of our own, a part of a library that is here, a module of another system's Python."""
    assert extra_with(module) is None


def test_a_library_that_no_extra_lists_comes_with_assets_unless_they_are_here() -> None:
    assert extra_with("botocore.no_such") is None
    assert extra_with("no_such_library") is None
