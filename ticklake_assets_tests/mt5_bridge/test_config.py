from __future__ import annotations

import re
from pathlib import Path

import pytest

from mt5_bridge.config import read_config
from mt5_bridge.errors import SetupError
from mt5_bridge.trading.modes import Mode

_LEAST = """
folder = "account"
[endpoint]
token_file = "keys/endpoint.token"
[symbols.EURUSD]
"""


def test_the_least_is_paper_and_its_paths_are_the_files(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(_LEAST)
    config = read_config(path)
    assert config.mode is Mode.PAPER
    assert config.folder == tmp_path / "account"
    assert config.endpoint.token_file == tmp_path / "keys" / "endpoint.token"
    assert config.broker_name("EURUSD") == "EURUSD"
    assert (config.limits, config.simulated) == (None, None)


def test_every_path_is_rooted_and_an_absolute_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    more = f"""
broker_name = "EURUSD.m"
[simulated]
broker = "broker.toml"
ticks.EURUSD = ["a.csv", "{tmp_path.as_posix()}/else/b.csv"]
"""
    path.write_text('limits = "limits.toml"\n' + _LEAST + more)
    config = read_config(path)
    assert config.limits == tmp_path / "limits.toml"
    assert config.simulated is not None
    assert config.simulated.broker == tmp_path / "broker.toml"
    assert config.simulated.ticks == {"EURUSD": [tmp_path / "a.csv", tmp_path / "else" / "b.csv"]}
    assert config.broker_name("EURUSD") == "EURUSD.m"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (_LEAST + 'colour = "red"\n', "symbols.EURUSD.colour: Expected only known words, was another"),
        ('mod = "live"\n' + _LEAST, "mod: Expected only known words, was another"),
        ('mode = "real"\n' + _LEAST, "mode: Input should be 'paper', 'demo' or 'live'"),
        (_LEAST + '[terminal]\nzone = "Mars"\n', "terminal.zone: Value error, Expected a broker clock like"),
        (
            _LEAST + "[freshness]\nsignal_age_seconds = 0\n",
            "freshness.signal_age_seconds: Input should be greater",
        ),
        (_LEAST.replace("[symbols.EURUSD]", "[symbols]"), "symbols: Dictionary should have at least 1 item"),
        ("folder = ", "Expected TOML, was: "),
    ],
)
def test_what_misfits_is_one_line_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    with pytest.raises(SetupError) as refused:
        read_config(path)
    assert str(refused.value).startswith(f"{path}")
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_documented_file_says_the_defaults(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "bridge-running.md").read_text()
    least, every = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "bridge.toml"
    path.write_text(least)
    shortest = read_config(path).model_dump()
    path.write_text(every)
    longest = read_config(path).model_dump()
    chosen = {"account", "limits", "symbols"}
    assert {name: value for name, value in longest.items() if name not in chosen} == {
        name: value for name, value in shortest.items() if name not in chosen
    }
    path.write_text(re.sub(r"^# (?=\[|\w+(\.\w+)? = )", "", every, flags=re.MULTILINE))
    uncommented = read_config(path)
    assert uncommented.simulated is not None
    assert uncommented.orders.trail_points == 100
    assert uncommented.metrics.port == 8770


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no\.toml cannot be read"):
        read_config(tmp_path / "no.toml")
