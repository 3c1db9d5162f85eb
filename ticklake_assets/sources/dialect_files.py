"""Dialects as TOML files: those that come with the package, and a user's own."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from ticklake_assets.core.errors import SetupError
from ticklake_assets.sources.csv_dialects import Dialect

LANDING = "ticklake"
"""The dialect of the landing CSV."""
_FOLDER = files("ticklake_assets.sources") / "dialects"
_VARIABLE = "TICKLAKE_DIALECTS"
_MOST_BYTES = 64 << 10


def read_dialect(name: str, text: str, where: str) -> Dialect:
    """Parse one; SetupError names the place where it is no TOML or misfits the schema."""
    try:
        declared = tomllib.loads(text)
        if "name" in declared:
            raise SetupError(f"{where}: name: Expected no such key: a dialect is called like its file")
        lists = {key: tuple(value) if isinstance(value, list) else value for key, value in declared.items()}
        return Dialect.model_validate({**lists, "name": name})
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{where}: Expected TOML, was {error}") from None
    except ValidationError as error:
        raise SetupError(f"{where}: {_explained(error)}") from None


def text_of(name: str) -> str:
    """The declaration of a dialect that comes with the package."""
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


@cache
def built_in() -> tuple[Dialect, ...]:
    names = sorted(Path(entry.name).stem for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(read_dialect(name, text_of(name), f"{name}.toml") for name in names)


def own_dialects(place: Path | None) -> tuple[Dialect, ...]:
    """Those of a TOML file, or of a folder of them; SetupError where there is none, or one that can't be read."""
    return tuple(_read_file(path) for path in _own_paths(place))


def own_path(name: str, place: Path | None) -> Path | None:
    """Where the user's own dialect of that name is declared, if one is."""
    return next((path for path in _own_paths(place) if path.stem == name), None)


def all_dialects(place: Path | None) -> tuple[Dialect, ...]:
    """The user's own, then those of the package that no own one replaces by its name."""
    own = own_dialects(place)
    taken = {dialect.name for dialect in own}
    if LANDING in taken:
        raise SetupError(
            f"{_VARIABLE}: Expected a dialect of another name, was {LANDING}: it is the landing CSV's"
        )
    return (*own, *(dialect for dialect in built_in() if dialect.name not in taken))


def dialect_named(name: str, dialects: tuple[Dialect, ...]) -> Dialect:
    for dialect in dialects:
        if dialect.name == name:
            return dialect
    names = ", ".join(dialect.name for dialect in dialects)
    raise SetupError(f"Expected a CSV dialect of {names}, was {name!r}")


def _own_paths(place: Path | None) -> list[Path]:
    if place is None:
        return []
    paths = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not paths or not all(path.is_file() for path in paths):
        raise SetupError(f"{_VARIABLE}: Expected a dialect's TOML file or a folder of them, was {place}")
    return paths


def _read_file(path: Path) -> Dialect:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise SetupError(f"{path}: Expected a dialect of at most {_MOST_BYTES >> 10} KiB, was a larger file")
    try:
        return read_dialect(path.stem, data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise SetupError(f"{path}: Expected UTF-8 text, was bytes that are none") from None


def _explained(error: ValidationError) -> str:
    """The first misfit, with its key: a misspelt key before the one that is then missing."""
    first = min(error.errors(), key=lambda misfit: misfit["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{key}: Expected one of {', '.join(sorted(Dialect.model_fields.keys() - {'name'}))}, was this key"
    if first["type"] == "missing":
        return f"{key}: Expected this key, was absent"
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        return f"{key}: {said}" if key else said
    return f"{key}: Expected {first['msg'].removeprefix('Input should be ')}, was {first.get('input')!r:.80}"
