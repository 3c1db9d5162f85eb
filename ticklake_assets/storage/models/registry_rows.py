"""The registry's versions and runs as MLflow's SQLite file holds them: who only looks need not wait seconds for MLflow.

MLflow's own client writes, and reads wherever its store is a server; a test holds both to the same answer.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_SQLITE = "sqlite:///"
_VERSIONS = """
SELECT name, version, run_id, source FROM model_versions
WHERE name GLOB ? || '*' AND current_stage <> 'Deleted_Internal' ORDER BY name, version
"""
_TAGS = "SELECT name, version, key, value FROM model_version_tags WHERE name GLOB ? || '*' ORDER BY key"
_ALIASES = "SELECT name, version, alias FROM registered_model_aliases WHERE name GLOB ? || '*' ORDER BY alias"

_RUNS = """
SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active'
AND run_uuid IN (SELECT run_uuid FROM tags WHERE key = ? AND value = ?) ORDER BY start_time
"""
_OF_RUN = {
    "tags": "SELECT key, value FROM tags WHERE run_uuid = ?",
    "params": "SELECT key, value FROM params WHERE run_uuid = ?",
    "metrics": "SELECT key, value FROM latest_metrics WHERE run_uuid = ?",
}


class VersionRow(NamedTuple):
    name: str
    number: int
    run_id: str
    source: str
    aliases: tuple[str, ...]
    tags: dict[str, str]


class RunRow(NamedTuple):
    run_id: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    """The last value of each."""


def read_versions(uri: str, prefix: str) -> list[VersionRow] | None:
    """Every version of the models whose name begins so, by name, oldest first.

    None where the file can't tell: it is no SQLite file, or of a release of MLflow that keeps them elsewhere.
    """
    if not uri.startswith(_SQLITE):
        return None
    file = Path(uri.removeprefix(_SQLITE))
    if not file.exists():
        return []
    tags: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    aliases: dict[tuple[str, int], list[str]] = defaultdict(list)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")  # the three answers are of one moment
            found = database.execute(_VERSIONS, [prefix]).fetchall()
            for name, number, key, value in database.execute(_TAGS, [prefix]):
                tags[name, number][key] = value
            for name, number, alias in database.execute(_ALIASES, [prefix]):
                aliases[name, number].append(alias)
    except sqlite3.Error:
        return None
    return [
        VersionRow(name, number, run_id, source, (*aliases[name, number],), tags[name, number])
        for name, number, run_id, source in found
    ]


def read_runs(uri: str, tags: dict[str, str]) -> list[RunRow] | None:
    """The runs that have all of these tags, oldest first; None where the file can't tell, as of `read_versions`."""
    file = Path(uri.removeprefix(_SQLITE))
    if not uri.startswith(_SQLITE) or not tags:
        return None
    if not file.exists():
        return []
    (key, value), *_ = tags.items()
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")
            found = [
                RunRow(
                    run_id,
                    **{name: dict(database.execute(query, [run_id])) for name, query in _OF_RUN.items()},
                )
                for (run_id,) in database.execute(_RUNS, [key, value]).fetchall()
            ]
    except sqlite3.Error:
        return None
    return [run for run in found if tags.items() <= run.tags.items()]
