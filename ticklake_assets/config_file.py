"""Settings of a file, ticklake.toml: what nobody has set by a variable, it sets.

    source = "folder"                 # TICKLAKE_SOURCE
    source_dir = "ticks"              # a path is relative to the file
    spark_memory = "4g"

It is that of the working folder, or the one that TICKLAKE_CONFIG names. The values become variables of this process, so
every process that it starts has the same, wherever that one works.
"""

from __future__ import annotations

import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings, variable_of

NAME = "ticklake.toml"
_VARIABLE = variable_of("config")


def config_file() -> Path | None:
    """The file, absolute; None where there is none.

    Raises:
        SetupError: TICKLAKE_CONFIG names one that is not there.
    """
    named = os.environ.get(_VARIABLE)
    file = Path(named or NAME).absolute()
    if file.exists():
        return file
    if named:
        raise SetupError(f"{_VARIABLE}: Expected a file of settings, was {file}, which is not there")
    return None


def read_config(file: Path) -> dict[str, str]:
    """The file's values by variable; paths are absolute.

    Raises:
        SetupError: it is no TOML, or holds a key that is no setting, or a value that is no text, number or boolean.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text)
    except ValueError as error:  # no TOML, or no UTF-8
        raise SetupError(f'{file}: Expected TOML, lines like source = "folder"; {error}') from None
    known = sorted(Settings.model_fields.keys() - {"config"})
    for key in found:
        if key not in known:
            near = get_close_matches(key.lower().removeprefix("ticklake_"), known, n=3)
            told = " or ".join(near) if near else "one that `ticklake settings` lists, without TICKLAKE_"
            raise SetupError(f"{_place(file, text, key)}: Expected a setting, such as {told}, was {key!r}")
    return {variable_of(key): _text(file, text, key, value) for key, value in found.items()}


def take_config() -> dict[str, str]:
    """Set the variables of the file that nobody has set; returns those that are the file's."""
    file = config_file()
    if file is None:
        return {}
    offered = read_config(file)
    for name, value in {**offered, _VARIABLE: str(file)}.items():
        os.environ.setdefault(name, value)
    return {name: value for name, value in offered.items() if os.environ[name] == value}


def place_of(variable: str) -> str:
    """FILE:LINE of a variable's value where it is the file's; else the variable itself."""
    if variable not in take_config():
        return variable
    file = config_file()
    assert file is not None
    text, key = file.read_text(encoding="utf-8-sig"), variable.removeprefix("TICKLAKE_").lower()
    return f"{_place(file, text, key)}: {variable}"


def _text(file: Path, text: str, key: str, value: Any) -> str:
    if not isinstance(value, str | int | float):
        kind = "a table" if isinstance(value, dict) else f"a {type(value).__name__}"
        raise SetupError(f"{_place(file, text, key)}: Expected a text, a number, true or false, was {kind}")
    is_path = Path in _types(key) or (key == "costs" and str(value).endswith(".toml"))
    return str(file.parent / Path(str(value)).expanduser()) if is_path and value else str(value)


def _types(key: str) -> tuple[Any, ...]:
    annotation = Settings.model_fields[key].annotation
    return (annotation, *getattr(annotation, "__args__", ()))


def _place(file: Path, text: str, key: str) -> str:
    lines = text.splitlines()
    line = next(
        (n for n, line in enumerate(lines, 1) if re.match(rf"\s*\[?[\"']?{re.escape(key)}\b", line)), 1
    )
    return f"{file}:{line}"
