"""The registry's versions as MLflow's SQLite file holds them: who only looks need not wait seconds for MLflow.

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


class VersionRow(NamedTuple):
    name: str
    number: int
    run_id: str
    source: str
    aliases: tuple[str, ...]
    tags: dict[str, str]


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
