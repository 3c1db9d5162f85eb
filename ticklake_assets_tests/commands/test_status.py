"""A home whose days stand in every state that `ticklake status` tells."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.commands.day_ranges import shortened
from ticklake_assets.core.day_files import day_file, raw_key
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.partitions.store import PartitionManifest, PartitionStore, RawSource
from ticklake_assets.storage.raw.seals import seal_day
from ticklake_assets.storage.raw.state import write_made_from, write_refusal

MONDAY = SymbolDay("EURUSD", date(2024, 1, 8))
"""Days from it on: gold, gold as a correction, refused, missing, landed, (Saturday), typed, clean."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("status") / "home"
    settings = Settings(home=home)
    store = open_store(settings.lake)
    typed, clean = PartitionStore(store, "parquet"), PartitionStore(store, "clean")

    def deliver(day: SymbolDay, revision: int = 1) -> None:
        row = f"{day.trading_day}T09:00:00.000000Z,1.1,1.1001,1,1"
        store.create(raw_key(day, revision), f"{CSV_HEADER}\n{row}\n".encode())

    def publish(layer: PartitionStore, day: SymbolDay, quarantined: int = 0) -> None:
        files, refused = [], []
        if layer is clean:
            files, refused = (
                [layer.write(day, "a", b"kept", 97)],
                [layer.write(day, "b", b"refused", quarantined)],
            )
        source, rows = RawSource(key="k", sha256="s", revision=1), sum(file.rows for file in files)
        rules = {"spike": quarantined} if layer is clean else {}
        layer.publish(
            day,
            PartitionManifest(
                files=tuple(files), rows=rows, quarantine_files=tuple(refused), quarantined=rules, made_from=source,
                written_by="test",
            ),
        )  # fmt: skip

    for offset, revisions, layers in ((0, 1, 2), (1, 2, 2), (2, 1, 0), (6, 1, 1), (7, 1, 2)):
        day = MONDAY.shifted(offset)
        for revision in range(1, revisions + 1):
            deliver(day, revision)
        for layer in (typed, clean)[:layers]:
            publish(layer, day, quarantined=3)
        if offset < 2:
            write_made_from(store, day, seal_day(store, day).sha256, {})
    write_refusal(store, MONDAY.shifted(2), "raw", "a header of another kind")
    for state, offset in (("ticks", 4), ("done/ticks", 0)):
        file = settings.landing_dir / state / day_file(MONDAY.shifted(offset))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    for day, verdict in (("2024-01-10", "passed"), ("2024-01-11", "rejected")):
        numbers = json.dumps({"gates": {"verdict": verdict}}).encode()
        ModelFiles(store).put("report", SymbolDay("EURUSD", date.fromisoformat(day)), numbers, ".json")
    deliver(SymbolDay("BTCUSD", date(2024, 1, 13)))
    deliver(SymbolDay("NOTHERE", date(2024, 1, 13)))
    return home


def status(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["status", *arguments], env={"TICKLAKE_HOME": str(home), "COLUMNS": "80"})


def test_a_line_a_symbol_says_what_there_is(home: Path) -> None:
    answer = status(home)
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    headings = "symbol first last land raw parq clean gold gap rev ref quar model"
    assert lines[0].split() == headings.split()
    assert [line.split() for line in lines[1:4]] == [
        ["BTCUSD", "2024-01-13", "2024-01-13", "1"],
        ["EURUSD", "2024-01-08", "2024-01-15", "2", "5", "4", "3", "2", "1", "1", "1", "3.0%", "rejected"],
        ["NOTHERE", "2024-01-13", "2024-01-13", "1"],
    ]
    assert lines[4:] == [
        "EURUSD has no file of 2024-01-11",
        "EURUSD 2024-01-10: raw: a header of another kind",
    ]
    assert max(map(len, lines)) <= 80


def test_json_has_the_days_that_ask_for_a_look(home: Path) -> None:
    (told,) = json.loads(status(home, "EURUSD", "--json").stdout)
    assert told == {
        "symbol": "EURUSD",
        "first_day": "2024-01-08",
        "last_day": "2024-01-15",
        "days": {"landed": 2, "raw": 5, "parquet": 4, "clean": 3, "gold": 2},
        "gaps": ["2024-01-11"],
        "revised": {"2024-01-09": 2},
        "refused": {"2024-01-10": "raw: a header of another kind"},
        "clean_rows": 3 * 97,
        "quarantined_rows": {"spike": 9},
        "verdict": "rejected",
        "verdict_as_of": "2024-01-11",
    }


def test_the_calendar_marks_each_day_by_its_last_layer(home: Path) -> None:
    lines = status(home, "--calendar", "EURUSD").stdout.splitlines()
    assert lines[0] == "EURUSD: 6 days"
    month = next(line for line in lines if line.startswith("2024-01"))
    marks = month[8::2]
    assert marks == "       GGX-l.pc"
    assert lines[1][8::2] == "1234567890123456789012345678901"
    assert lines[-1].startswith("G in gold  c clean")
    assert max(map(len, lines)) <= 80


class _Page(HTMLParser):
    """What a page loads, and the marks of its calendars."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [f"{tag} {given[name]}" for name in ("src", "href", "data") if name in given]
        if tag == "i" and given.get("title"):
            self.titles.append(str(given["title"]))


def test_the_page_loads_nothing_and_has_every_day(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "status.html"
    assert status(home, "--html", str(out)).exit_code == 0
    text, page = out.read_text(), _Page()
    page.feed(text)
    assert page.loaded == []
    assert not re.search(r"@import|url\(", text)
    assert "width=device-width" in text
    assert len(page.titles) == 3 * 31
    assert "2024-01-10 refused" in page.titles
    assert "2024-01-14 parquet" in page.titles
    assert "No file of 2024-01-11." in text


def test_markup_in_an_error_is_text(home: Path, tmp_path: Path) -> None:
    copy, out = tmp_path / "home", tmp_path / "status.html"
    day = SymbolDay("EURUSD", date(2024, 2, 1))
    store = open_store(Settings(home=copy).lake)
    store.create(raw_key(day), b"x")
    write_refusal(store, day, "raw", "<script>[red]")
    assert status(copy, "--html", str(out)).exit_code == 0
    assert "<script>" not in out.read_text()
    assert "raw: <script>[red]" in status(copy).stdout


def test_one_that_is_not_there_is_said(home: Path, tmp_path: Path) -> None:
    assert "ticklake: Nothing of GBPUSD. Expected days of it in file:" in status(home, "GBPUSD").stderr
    assert "Unknown symbol 'EURSUD'. Expected perhaps EURUSD" in status(home, "--calendar", "EURSUD").stderr
    told = f"Nothing yet in {(tmp_path / 'lake').as_uri()}: `ticklake backfill` or `ticklake demo` brings days.\n"
    assert status(tmp_path).stdout == told
    assert list(tmp_path.iterdir()) == []


def test_it_loads_neither_dagster_nor_what_reads_gold(home: Path) -> None:
    program = """
import sys
from pathlib import Path
from rich.console import Console
from ticklake_assets.commands.status import show_status
from ticklake_assets.settings import Settings
show_status(Settings(), None, Console(), html=Path(sys.argv[1]))
print([name for name in ("dagster", "pyspark", "mlflow", "pyiceberg", "duckdb", "pandas") if name in sys.modules])
"""
    command = [sys.executable, "-c", program, str(home.parent / "page.html")]
    answer = subprocess.run(
        command, env={**os.environ, "TICKLAKE_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"


def test_neighbouring_days_are_a_range() -> None:
    days = [date(2024, 1, number) for number in (1, 2, 3, 7, 9, 10, 20, 30)]
    assert shortened(days, 2) == "2024-01-01 to 2024-01-03, 2024-01-07, and 3 more"
    assert shortened([]) == ""
