from __future__ import annotations

from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.sources.dialect_files import all_dialects, built_in, dialect_named, own_dialects, text_of

_MINE = """
about = "mine"
columns = ["time", "bid", "ask"]
times = ["epoch milliseconds"]
"""


def _write(folder: Path, name: str, text: str = _MINE) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_packages_dialects_are_such_files() -> None:
    assert len(built_in()) == 17
    for dialect in built_in():
        assert f'about = "{dialect.about}"' in text_of(dialect.name)


def test_a_file_or_a_folder_adds_ones_own(tmp_path: Path) -> None:
    path = _write(tmp_path, "mine.toml")
    _write(tmp_path, "a-mt5.toml", text_of("mt5"))
    assert [each.name for each in own_dialects(path)] == ["mine"]
    assert [each.name for each in all_dialects(tmp_path)] == [
        "a-mt5",
        "mine",
        *(each.name for each in built_in()),
    ]
    assert all_dialects(None) == built_in()


def test_the_same_name_replaces_one_of_the_package(tmp_path: Path) -> None:
    _write(tmp_path, "mt5.toml")
    found = all_dialects(tmp_path)
    assert len(found) == len(built_in())
    assert dialect_named("mt5", found).about == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about = ", "mine.toml: Expected TOML, was Invalid value"),
        (_MINE + 'colums = ["-"]', "mine.toml: colums: Expected one of about, ahead_hours, .*, was this key"),
        (_MINE.replace("columns", "colums"), "mine.toml: colums: Expected one of about"),
        (_MINE + "[rows]\nat = 1", "mine.toml: rows: Expected one of about"),
        (_MINE.replace("about", "#"), "mine.toml: about: Expected this key, was absent"),
        (_MINE + 'name = "x"', "mine.toml: name: Expected no such key: a dialect is called like its file"),
        (_MINE + "ahead_hours = 2.5", "mine.toml: ahead_hours: Expected a valid integer, was 2.5"),
        (_MINE + "header = 3", "mine.toml: header: Expected a valid string, was 3"),
        (_MINE + 'drop_repeats = "yes"', "mine.toml: drop_repeats: Expected a valid boolean, was 'yes'"),
        (_MINE + 'zone = "Mars"', "mine.toml: zone: Expected a time zone like .*, was 'Mars'"),
        (_MINE.replace('"ask"', '"-"'), "mine.toml: columns: Expected ask, was absent"),
        (_MINE.replace("epoch milliseconds", "%H"), "mine.toml: zone: Expected the zone of '%H'"),
        ("#" * 70_000, "mine.toml: Expected a dialect of at most 64 KiB, was a larger file"),
    ],
)
def test_what_is_no_declaration_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        own_dialects(_write(tmp_path, "mine.toml", text))


def test_a_file_that_is_no_text_and_a_place_that_is_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SetupError, match=r"mine.toml: Expected UTF-8 text"):
        own_dialects(tmp_path)
    for place in (tmp_path / "nowhere", tmp_path / "nowhere.toml"):
        with pytest.raises(SetupError, match=f"TICKLAKE_DIALECTS: Expected .*, was {place}"):
            own_dialects(place)


def test_the_landing_csv_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match="TICKLAKE_DIALECTS: Expected a dialect of another name, was ticklake"
    ):
        all_dialects(_write(tmp_path, "ticklake.toml"))
