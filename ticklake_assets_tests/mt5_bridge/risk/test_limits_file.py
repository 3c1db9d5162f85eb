from __future__ import annotations

import os
from pathlib import Path

import pytest

from mt5_bridge.errors import LimitsError
from mt5_bridge.risk.calendar_file import COLUMNS
from mt5_bridge.risk.limits import REASONS, Limits, numbers
from mt5_bridge.risk.limits_file import default_file, read_limits
from mt5_bridge.risk.words import Reason

PAGE = Path(__file__).parents[3] / "docs" / "risk.md"
HEADER = ",".join(COLUMNS)


def read(folder: Path, text: str, calendar: str | None = None) -> Limits:
    path = folder / "limits.toml"
    path.write_bytes(text.encode())
    if calendar is not None:
        (folder / "calendar.csv").write_bytes(calendar.encode())
    return read_limits(path)


def refused(folder: Path, text: str, calendar: str | None = None) -> str:
    with pytest.raises(LimitsError) as error:
        read(folder, text, calendar)
    assert str(error.value).startswith(str(folder))
    return str(error.value).removeprefix(f"{folder / 'limits.toml'}: ").removeprefix(f"{folder}{os.sep}")


def test_the_file_that_is_written_says_the_defaults(tmp_path: Path) -> None:
    held = read(tmp_path, default_file())
    assert held == Limits()
    assert held.digest == Limits().digest
    assert all(f"\n# {meaning}" in default_file() for _, _, meaning in numbers(Limits()))


def test_what_its_comments_offer_can_be_said(tmp_path: Path) -> None:
    """Each commented table, with its # taken away; the calendar's line belongs above the first table."""
    text = default_file()
    offered = [
        line[2:] for line in text[text.index("# Windows of news") :].splitlines() if line.startswith("# ")
    ]
    said = "\n".join(line for line in offered if "=" in line or line.startswith("["))
    held = read(tmp_path, said, f"{HEADER}\nnews,USD,10:00,11:00,,\n")
    assert held.of_symbol("XAUUSD").weekend is None
    assert held.groups["dollar"].symbols == ("EURUSD", "GBPUSD", "-USDCHF")
    assert held.windows[0].of == ("USD",)


def test_absent_is_the_default_and_no_limit_is_a_word(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Limits()
    held = read(tmp_path, '[day]\ntrades = "unlimited"\n')
    assert held.day.trades is None
    assert held.day.loss_percent == Limits().day.loss_percent


def test_the_same_limits_spelt_otherwise_are_the_same(tmp_path: Path) -> None:
    assert (
        read(tmp_path, "[day]\nloss_percent = 2.50\n").digest
        == read(tmp_path, "day.loss_percent = 2.5").digest
    )
    assert read(tmp_path, "[drawdown]\npercent = 10.0\n").digest == Limits().digest
    assert read(tmp_path, "[drawdown]\npercent = 10.01\n").digest != Limits().digest
    windows = f"{HEADER}\nnews,USD,10:00,11:00,,\n"
    assert read(tmp_path, 'calendar = "calendar.csv"', windows).digest != Limits().digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[day]\nloss = 3", "day.loss: no such limit. Expected one of clock, loss_percent, trades; is loss_"),
        ("[dya]\nloss = 3", "dya: no such limit. Expected one of trade, exposure, day"),
        ("[slippage]\nweekend = 3", "slippage.weekend: no such limit"),
        ("[slippage]\nweekend = 3", "weekend goes above the first table"),
        ("[day]\nloss_percent = '3 %'", 'day.loss_percent: Expected a number of percent from 0.01 to 100 or the word'),
        ("[day]\nloss_percent = 0", "from 0.01 to 100"),
        ("[day]\nloss_percent = -1", "was -1"),
        ("[day]\nloss_percent = 101", "was 101"),
        ("[day]\nloss_percent = nan", "was NaN"),
        ("[day]\nloss_percent = true", "was True"),
        ("[day]\nclock = 'Mars/North'", "day.clock: Expected a broker clock"),
        ("[trade]\nrisk_percent = 0.005", "trade.risk_percent: Expected a number of percent from 0.01 to 10, was"),
        ("[trade]\nrisk_percent = 'unlimited'", 'was "unlimited"'),
        ("[slippage]\nfills = 201", "slippage.fills: Expected a whole number of fills from 1 to 200"),
        ("[day]\ntrades = 2.5", "day.trades: Expected a whole number of trades from 1"),
        ("[weekend]\nstart = 'Fri 10:00'\nend = '11:00'", "weekend: Expected start and end of one form"),
        ("[weekend]\nstart = 'Fri 25:00'\nend = 'Sun 11:00'", "weekend: Expected a time like 16:55, Fri 16:30"),
        ("weekend = 'off'", "weekend: Expected a table with start, end and zone"),
        ("[symbols.EURUSD]\nspread_pips = 0", "symbols.EURUSD.spread_pips: Expected a number of pips"),
        ("[symbols.EURUSD]\nspread = 1", "symbols.EURUSD.spread: no such limit"),
        ("[groups.a]\nsymbols = ['EURUSD', 'GBPUSD']", "groups.a.times: Field required"),
        ("[[windows]]\nkind = 'strike'\nof = ['USD']\nstart = '10:00'\nend = '11:00'", "windows.0.kind"),
        ("day = [", "Expected TOML, was not"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_its_name(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("kind,of\n", "line 1: Expected the header kind,of,start,end,zone,note"),
        (f"{HEADER}\n\nnews,USD,10:00\n", "line 3: Expected 6 columns, was 3"),
        (f"{HEADER}\nnews,usd,10:00,11:00,,\n", "line 2: of: Expected symbols or currencies"),
        (f"{HEADER}\nnews,,10:00,11:00,,\n", "line 2: of: "),
        (f"{HEADER}\nparty,USD,10:00,11:00,,\n", "line 2: kind: "),
        (f"{HEADER}\nnews,USD,10:00,10:00,,\n", "line 2: Expected a start before its end"),
        (
            f"{HEADER}\nnews,USD,2024-01-02T10:00,2024-01-01T10:00,,\n",
            "line 2: Expected a start before its end",
        ),
        (
            f"{HEADER}\nnews,USD,2024-01-32T10:00,2024-02-01T10:00,,\n",
            "line 2: Expected a moment that exists",
        ),
        (f"{HEADER}\nnews,USD,10:00,11:00,Mars,\n", "line 2: zone: Expected a time zone"),
        (f'{HEADER}\nnews,USD,"10:00,11:00,,\n', "Expected a row of CSV"),
    ],
)
def test_a_calendar_is_refused_by_file_and_line(tmp_path: Path, rows: str, told: str) -> None:
    said = refused(tmp_path, 'calendar = "calendar.csv"', rows)
    assert said.startswith("calendar.csv")
    assert told in said


def test_a_calendar_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "calendar.csv: No such file" in refused(tmp_path, 'calendar = "calendar.csv"')


def test_every_word_of_a_limit_is_one_of_the_rules_words() -> None:
    names = {name for name, _, _ in numbers(Limits())} | {"weekend", "rollover"}
    assert REASONS.keys() <= names
    assert len(set(REASONS.values())) == len(REASONS)
    others = {
        Reason.KILLED,
        Reason.ENDPOINT_ABSTAINS,
        Reason.NO_PRICE,
        Reason.NO_EQUITY,
        Reason.NO_RATE,
        Reason.NO_STOP,
    }
    of_tables = {Reason.NEWS, Reason.GROUP_EXPOSURE, Reason.BROKER_VOLUME}
    assert set(Reason) == set(REASONS.values()) | others | of_tables


def test_the_page_has_every_limit_with_its_default_and_its_word() -> None:
    told = {
        cells[1].strip(" `"): (cells[4].strip(" `"), cells[5].strip(" `"))
        for cells in (line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines())
        if len(cells) == 7
    }
    held = {name: (str(value), str(REASONS.get(name, ""))) for name, value, _ in numbers(Limits())}
    held |= {name: (str(getattr(Limits(), name)), name) for name in ("weekend", "rollover")}
    assert held.items() <= told.items()
    assert all(f"`{reason}`" in PAGE.read_text(encoding="utf-8") for reason in Reason)
