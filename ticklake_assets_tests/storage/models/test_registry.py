"""Aliases over a life of versions, on MLflow's SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets.core.errors import MissingDataError, TransientError
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.registry_rows import read_versions
from ticklake_assets.storage.models.versions import CHAMPION, ModelVersion, model_name

DIGESTS = {number: f"{number}" * 64 for number in range(1, 5)}
DOZENS = 36


class Asked:
    """A client that notes what it is asked, and how many things it is given back by a search."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.given: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        def ask(*arguments: Any, **named: Any) -> Any:
            answer = getattr(self._client, name)(*arguments, **named)
            assert name not in self.given, f"{name} is asked twice"
            self.given[name] = len(answer)
            return answer

        return ask


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture
def registry(uri: str, request: pytest.FixtureRequest) -> tuple[ModelRegistry, str]:
    """A registry, and a symbol that this test alone uses: a new database takes seconds."""
    return ModelRegistry(uri), f"SYM{abs(hash(request.node.name)) % 10**6}"


def register(registry: ModelRegistry, symbol: str, number: int, as_of: str) -> ModelVersion:
    run = registry._client.create_run("0")
    tags = {"bundle": DIGESTS[number], "as_of": as_of}
    return registry.register(symbol, run.info.run_id, f"{run.info.artifact_uri}/bundle", tags)


def aliases(registry: ModelRegistry, symbol: str) -> dict[str, int]:
    return {alias: version.number for version in registry.versions(symbol) for alias in version.aliases}


def test_the_candidate_is_the_version_of_the_latest_as_of_day(registry: tuple[ModelRegistry, str]) -> None:
    models, symbol = registry
    register(models, symbol, 1, "2024-01-10")
    register(models, symbol, 2, "2024-01-12")
    register(models, symbol, 3, "2024-01-08")  # a fold that is backfilled
    assert aliases(models, symbol) == {"candidate": 2}
    register(models, symbol, 4, "2024-01-12")  # the same day again, from other data
    assert aliases(models, symbol) == {"candidate": 4}


def test_one_bundle_registered_by_many_at_once_is_one_version(
    registry: tuple[ModelRegistry, str], uri: str
) -> None:
    models, symbol = registry
    register(models, symbol, 1, "2024-01-10")
    with ThreadPoolExecutor(4) as pool:  # each with a client of its own, as processes have
        made = list(pool.map(lambda _: register(ModelRegistry(uri), symbol, 2, "2024-01-12"), range(4)))
    assert [version.bundle for version in models.versions(symbol)] == [DIGESTS[1], DIGESTS[2]]
    assert {version.number for version in made} == {version.number for version in models.versions(symbol)[1:]}


def test_crowns_pass_on(registry: tuple[ModelRegistry, str]) -> None:
    models, symbol = registry
    for number in (1, 2):
        register(models, symbol, number, f"2024-01-1{number}")
    models.crown(models.find(symbol, "1"))
    assert aliases(models, symbol) == {"champion": 1, "candidate": 2}
    models.crown(models.find(symbol, "candidate"))
    assert aliases(models, symbol) == {"previous": 1, "champion": 2}
    models.crown(models.find(symbol, "champion"))  # again: nothing changes
    assert aliases(models, symbol) == {"previous": 1, "champion": 2}
    models.crown(models.find(symbol, "previous"))  # back
    assert aliases(models, symbol) == {"previous": 2, "champion": 1}


def test_a_shadow_is_the_candidate_but_never_the_champion(registry: tuple[ModelRegistry, str]) -> None:
    models, symbol = registry
    for number in (1, 2):
        register(models, symbol, number, f"2024-01-1{number}")
    models.crown(models.find(symbol, "2"))
    models.nominate(models.find(symbol, "1"))
    models.nominate(models.find(symbol, "2"))
    assert aliases(models, symbol) == {"candidate": 1, "champion": 2}
    assert register(models, symbol, 2, "2024-01-12").number == 2
    assert aliases(models, symbol) == {"candidate": 1, "champion": 2}


@pytest.mark.parametrize("name", ["1", "candidate", "1" * 6, "1" * 64])
def test_a_version_is_found_by_each_of_its_names(registry: tuple[ModelRegistry, str], name: str) -> None:
    models, symbol = registry
    register(models, symbol, 1, "2024-01-10")
    assert models.find(symbol, name).bundle == DIGESTS[1]


@pytest.mark.parametrize("name", ["2", "champion", "11111", "2" * 64])
def test_a_name_that_names_nothing_says_what_there_is(registry: tuple[ModelRegistry, str], name: str) -> None:
    models, symbol = registry
    register(models, symbol, 1, "2024-01-10")
    with pytest.raises(
        MissingDataError, match=f"no one version '{name}'.*such as 1, candidate.*was 0 versions"
    ):
        models.find(symbol, name)


def test_a_symbol_without_a_model_has_no_versions(registry: tuple[ModelRegistry, str]) -> None:
    models, symbol = registry
    assert models.versions(symbol) == []
    with pytest.raises(MissingDataError, match="none yet: materialize model/validated"):
        models.find(symbol, "champion")


def test_a_lookup_asks_two_questions_however_many_versions_there_are(
    registry: tuple[ModelRegistry, str], uri: str
) -> None:
    models, symbol = registry
    first = register(models, symbol, 1, "2024-01-10")
    for number in range(2, DOZENS + 1):  # as `register` makes them
        tags = {"bundle": f"{number:064x}", "as_of": "2024-01-10"}
        models._client.create_model_version(model_name(symbol), first.source, first.run_id, tags=tags)
    models.crown(models.find(symbol, f"{8:064x}"))

    def asked(lookup: Callable[[ModelRegistry], ModelVersion | None]) -> tuple[int, dict[str, int]]:
        fresh = ModelRegistry(uri)
        fresh._client = client = Asked(fresh._client)
        found = lookup(fresh)
        assert found is not None
        return found.number, client.given

    by_bundle = asked(lambda fresh: fresh.of_bundle(symbol, f"{31:064x}"))
    assert by_bundle == (31, {"search_model_versions": 1, "search_registered_models": 1})
    by_alias = asked(lambda fresh: next(v for v in fresh._asked_versions(symbol) if CHAMPION in v.aliases))
    assert by_alias == (8, {"search_model_versions": DOZENS, "search_registered_models": 1})
    assert models.of_bundle(symbol, "f" * 64) is None
    assert [version.number for version in models.versions(symbol)] == list(range(1, DOZENS + 1))


def test_versions_of_all_symbols_know_their_own_aliases(registry: tuple[ModelRegistry, str]) -> None:
    models, symbol = registry
    others = [f"{symbol}A", f"{symbol}B"]
    for each in others:
        register(models, each, 1, "2024-01-10")
    models.crown(models.find(others[1], "1"))
    models._client.create_registered_model(f"of-another-program-{symbol}")
    found = {version.symbol: version.aliases for version in models.versions() if version.symbol in others}
    assert found == {others[0]: ("candidate",), others[1]: ("champion",)}
    assert {version.symbol for version in models.versions(others[0])} == {others[0]}


def test_the_file_tells_what_mlflow_tells(registry: tuple[ModelRegistry, str], uri: str) -> None:
    """Versions, tags, aliases, other programs' models, and a version that was taken back."""
    models, symbol = registry
    for number in (1, 2, 3):
        register(models, symbol, number, f"2024-01-1{number}")
    models.crown(models.find(symbol, "1"))
    models.tag(models.find(symbol, "2"), {"verdict": "rejected, or 'so'"})
    models._client.delete_model_version(model_name(symbol), "3")
    models._client.create_registered_model(f"TICKLAKE-{symbol}")
    models._client.create_model_version(f"TICKLAKE-{symbol}", "elsewhere")
    assert [version.number for version in models.versions(symbol)] == [1, 2]
    for asked in (symbol, ""):
        assert models.versions(asked) == models._asked_versions(asked)


def test_a_file_that_is_no_registry_is_left_to_mlflow(tmp_path: Path) -> None:
    other = tmp_path / "mlflow.db"
    assert read_versions(f"sqlite:///{other}", "ticklake-") == []
    assert not other.exists(), "a look makes nothing"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE model_versions (name TEXT)")
    assert read_versions(f"sqlite:///{other}", "ticklake-") is None
    assert read_versions("http://127.0.0.1:9", "ticklake-") is None


def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(
        TransientError, match=r"^MLflow at http://127.0.0.1:9 .*Expected an answer, was .*refused$"
    ):
        ModelRegistry("http://127.0.0.1:9").versions()


@pytest.mark.parametrize("told", [True, False], ids=["told", "by older code"])
def test_the_training_of_a_version_is_the_one_that_was_validated(
    registry: tuple[ModelRegistry, str], *, told: bool
) -> None:
    """`dvc repro` may train another seed between Dagster's training and validation; older code could not."""
    models, symbol = registry

    def stage_run(stage: str, search: str, **params: str) -> str:
        tags = {"stage": stage, "symbol": symbol, "as_of": "2024-01-10"}
        run_id = str(models._client.create_run("0", tags=tags).info.run_id)
        for name, value in {**params, "search" if told else "seed": search}.items():
            models._client.log_param(run_id, name, value)
        return run_id

    first, second = stage_run("trained", "ours"), stage_run("trained", "another seed's")
    validated = stage_run("validated", "ours", bundle=DIGESTS[1])
    version = models.register(symbol, validated, "bundle", {"bundle": DIGESTS[1], "as_of": "2024-01-10"})
    found = {stage: run.run_id for stage, run in models.stages(version).items()}
    assert found == {"trained": first if told else second, "validated": validated}
