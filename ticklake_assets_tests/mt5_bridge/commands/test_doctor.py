"""`ticklake-bridge doctor` at a simulated terminal and a real endpoint: what is wrong is said, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mt5_bridge.cli import app
from serving.endpoint.access.owner_token import token_path
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

HEAD = "ts_event,bid,ask,bid_size,ask_size"
BROKER = '{}[[symbols]]\nname = "EURUSD.m"\nrecorded_as = "EURUSD"\ncurrency_base = "EUR"\ncurrency_profit = "USD"\n'


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def examined(
    folder: Path, url: str, token: Path, broker: str = "", symbol: str = "", **config: str
) -> tuple[int, str]:
    rows = [f"2024-01-17T10:{minute:02}:00.000Z,1.1,1.1001,1,1" for minute in range(60)]
    (folder / "day.csv").write_text("\n".join([HEAD, *rows, ""]))
    (folder / "broker.toml").write_text(BROKER.format(config.pop("faults", "")) + broker)
    text = "\n".join(f"{name} = {value}" for name, value in config.items())
    (folder / "bridge.toml").write_text(f"""
{text}
folder = "account"
[endpoint]
url = "{url}"
token_file = "{token.as_posix()}"
[symbols.EURUSD]
{symbol or 'broker_name = "EURUSD.m"'}
[simulated]
broker = "broker.toml"
ticks.EURUSD = ["day.csv"]
""")
    done = CliRunner().invoke(app, ["doctor", "--config", str(folder / "bridge.toml")])
    return done.exit_code, done.output


@pytest.fixture
def token(endpoint: RunningEndpoint) -> Path:
    return token_path(endpoint.settings.keys_dir)


def line_of(text: str, what: str) -> tuple[str, str]:
    """The finding, and what follows it."""
    lines = text.splitlines()
    [at] = [n for n, line in enumerate(lines) if f" {what}: " in line]
    return lines[at], lines[at + 1] if at + 1 < len(lines) else ""


def test_a_demo_account_without_a_model_is_fit(
    tmp_path: Path, endpoint: RunningEndpoint, token: Path
) -> None:
    code, text = examined(tmp_path, endpoint.url, token, mode='"demo"')
    assert code == 0, text
    for what in ("endpoint", "terminal", "algo trading", "Python interface", "account", "permission"):
        assert line_of(text, what)[0].startswith("good ")
    model, remedy = line_of(text, "EURUSD model")
    assert model.startswith("look ")
    assert "promote a model" in remedy
    assert "weeks" in text or "hourly bars of EURUSD.m do not tell" in text
    assert line_of(text, "EURUSD filling")[0].startswith("good ")


@pytest.mark.parametrize(
    ("broker", "config", "what", "found"),
    [
        ('trade_mode = "close"\n', {}, "EURUSD trading", "close only"),
        ("filling_mode = 4\n", {}, "EURUSD filling", "mask 4"),
        ("digits = 4\n", {}, "EURUSD grid", "4 digits at the broker, 5 in the lake"),
        ('[[accounts]]\nlogin = 7\nkind = "real"\n', {}, "account", "Expected a demo account"),
        (
            "",
            {
                "faults": '[faults]\nwindows = [{outage = "no_autotrading", start_us = 1, end_us = 9000000000000000}]\n'
            },
            "algo trading",
            "disabled",
        ),
    ],
)
def test_what_keeps_it_from_trading_is_said_with_a_remedy(
    tmp_path: Path,
    endpoint: RunningEndpoint,
    token: Path,
    broker: str,
    config: dict[str, str],
    what: str,
    found: str,
) -> None:
    code, text = examined(tmp_path, endpoint.url, token, broker, mode='"demo"', **config)
    line, remedy = line_of(text, what)
    assert code == 2
    assert line.startswith("wrong ")
    assert found in line
    assert remedy.startswith("         ")


def test_a_name_that_the_broker_does_not_have(tmp_path: Path, endpoint: RunningEndpoint, token: Path) -> None:
    code, text = examined(tmp_path, endpoint.url, token, symbol='broker_name = "EURUSD.x"', mode='"demo"')
    assert code == 2
    assert "EURUSD.x" in text


def test_no_endpoint_is_told_and_the_rest_examined(tmp_path: Path, token: Path) -> None:
    code, text = examined(tmp_path, "http://127.0.0.1:9", token, mode='"demo"')
    assert code == 2
    assert line_of(text, "endpoint")[0].startswith("wrong ")
    assert line_of(text, "account")[0].startswith("good ")
