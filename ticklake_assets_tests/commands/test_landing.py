from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.commands.landing import land_days
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import landing_path
from ticklake_assets.sources.symbol_hour import hours_to_ask
from ticklake_assets_tests.sources.builders import make_bi5
from ticklake_assets_tests.sources.feed_server import FeedServer, feed_server

SATURDAY, SUNDAY, MONDAY, TUESDAY, WEDNESDAY = (date(2012, 12, day) for day in range(1, 6))


def make_settings(home: Path, **others: object) -> Settings:
    return Settings.model_validate({"home": home, **others})


def make_console() -> tuple[Console, io.StringIO]:
    """A terminal of 200 columns and what it showed."""
    shown = io.StringIO()
    return Console(file=shown, force_terminal=True, color_system=None, width=200), shown


def export(folder: Path, day: date, quotes: int = 2, of: date | None = None) -> Path:
    """One day of GBPJPY as the website exports it; `of` puts another day's quotes into it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"GBPJPY_{day}.csv"
    stamp = f"{of or day:%d.%m.%Y}"
    rows = [f"{stamp} 00:00:{second:02}.500,132.158,132.141,1.5,1.13" for second in range(quotes)]
    path.write_text("\n".join(["Time,Ask,Bid,AskVolume,BidVolume", *rows, ""]))
    return path


def landed(settings: Settings, day: date, revision: int = 1) -> Path:
    return landing_path(settings.landing_dir, SymbolDay("GBPJPY", day), revision)


def serve_sunday(server: FeedServer) -> list[str]:
    """The hours of a Sunday evening, one quote each, under the addresses of the older feed."""
    hours = hours_to_ask(SymbolDay("GBPJPY", SUNDAY))
    server.content |= {hour.bi5_path: make_bi5((7, 132158, 132141, 1.5, 1.13)) for hour in hours}
    return [hour.bi5_path for hour in hours]


def test_days_of_a_folder_are_landed_and_counted(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    for day, quotes in ((MONDAY, 2), (TUESDAY, 3)):
        export(tmp_path / "ticks", day, quotes)
    assert land_days(settings, "GBPJPY", MONDAY, TUESDAY, console, tmp_path / "ticks")
    assert landed(settings, MONDAY).read_text().splitlines()[1:] == [
        "2012-12-03T00:00:00.500Z,132.141,132.158,1.13,1.5",
        "2012-12-03T00:00:01.500Z,132.141,132.158,1.13,1.5",
    ]
    assert "2/2 days  5 ticks" in shown.getvalue()
    assert "5 ticks; 2 new files, 0 days there already, 0 failed" in shown.getvalue()


def test_a_bad_day_is_named_and_the_days_around_it_are_landed(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    export(tmp_path / "ticks", MONDAY)
    bad = export(tmp_path / "ticks", TUESDAY, of=date(2012, 11, 20))
    export(tmp_path / "ticks", WEDNESDAY)
    assert not land_days(settings, "GBPJPY", MONDAY, WEDNESDAY, console, tmp_path / "ticks")
    assert [landed(settings, day).exists() for day in (MONDAY, TUESDAY, WEDNESDAY)] == [True, False, True]
    assert f"GBPJPY|2012-12-04: {bad}: holds another day" in shown.getvalue()
    assert "2 new files, 0 days there already, 1 failed" in shown.getvalue()


def test_the_same_again_changes_nothing_and_a_correction_is_a_revision(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    for quotes in (2, 2, 3):
        export(tmp_path / "ticks", MONDAY, quotes)
        assert land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
    assert "0 new files, 1 days there already" in shown.getvalue()
    assert len(landed(settings, MONDAY).read_text().splitlines()) == 3
    assert len(landed(settings, MONDAY, revision=2).read_text().splitlines()) == 4


def test_a_download_shows_hours_ticks_and_bytes(tmp_path: Path) -> None:
    with feed_server() as server:
        paths = serve_sunday(server)
        settings = make_settings(tmp_path, source="dukascopy-bi5", source_url=server.url)
        console, shown = make_console()
        assert land_days(settings, "GBPJPY", SATURDAY, SUNDAY, console)
    assert len(landed(settings, SUNDAY).read_text().splitlines()) == 1 + len(paths)
    assert landed(settings, SATURDAY).read_text() == "ts_event,bid,ask,bid_size,ask_size\n"
    size = sum(len(body) for body in server.content.values())
    assert f"{len(paths)}/{len(paths)} hours  {len(paths)} ticks  {size} bytes" in shown.getvalue()


def test_a_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with feed_server() as server:
        *there, missing = serve_sunday(server)
        content = server.content.pop(missing)
        settings = make_settings(tmp_path, source="dukascopy-bi5", source_url=server.url)
        console, shown = make_console()
        assert not land_days(settings, "GBPJPY", SATURDAY, SUNDAY, console)
        assert "GBPJPY|2012-12-02: GBPJPY 2012-12-02 23h UTC is missing" in shown.getvalue()
        assert landed(settings, SATURDAY).exists()
        assert not landed(settings, SUNDAY).exists()
        server.content[missing] = content
        assert land_days(settings, "GBPJPY", SATURDAY, SUNDAY, console)
        assert [server.requests[path] for path in (*there, missing)] == [*([1] * len(there)), 2]


def test_a_synthetic_symbol_has_its_own_source_and_no_folder(tmp_path: Path) -> None:
    settings, (console, _) = make_settings(tmp_path, synthetic_dirt=False), make_console()
    day = date(2024, 1, 1)
    assert land_days(settings, "SYNEUR", day, day, console)
    assert landing_path(settings.landing_dir, SymbolDay("SYNEUR", day)).stat().st_size > 1e5
    with pytest.raises(SetupError, match="was the synthetic SYNEUR"):
        land_days(settings, "SYNEUR", day, day, console, tmp_path)


def test_an_unfinished_day_is_not_landed_from_any_source(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    today = datetime.now(UTC).date()
    export(tmp_path / "ticks", today)
    assert not land_days(settings, "GBPJPY", today, today, console, tmp_path / "ticks")
    assert not land_days(settings, "SYNEUR", today, today, console)
    assert shown.getvalue().count("is not finished") == 2
    assert list(settings.landing_dir.rglob("*.csv")) == []


def test_what_every_day_would_meet_ends_it_at_once(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    with pytest.raises(SetupError, match="no such folder"):
        land_days(settings, "GBPJPY", MONDAY, TUESDAY, console, tmp_path / "absent")
    with pytest.raises(
        DataError, match="Expected a first day no later than the last, was 2012-12-04 to 2012-12-03"
    ):
        land_days(settings, "GBPJPY", TUESDAY, MONDAY, console)
    with pytest.raises(DataError, match="NOSUCH"):
        land_days(settings, "NOSUCH", TUESDAY, MONDAY, console)
    assert "failed" not in shown.getvalue()


def test_the_command_ends_with_1_when_a_day_failed(tmp_path: Path) -> None:
    export(tmp_path / "ticks", MONDAY)
    environment = {"TICKLAKE_HOME": str(tmp_path)}
    command = ["land", "GBPJPY", "2012-12-03", "2012-12-04", "--ticks", str(tmp_path / "ticks")]
    answer = CliRunner().invoke(app, command, env=environment)
    assert answer.exit_code == 1
    assert landed(make_settings(tmp_path), MONDAY).exists()
    answer = CliRunner().invoke(
        app, ["land", "GBPJPY", "2012-12-03", "2012-12-03", *command[4:]], env=environment
    )
    assert answer.exit_code == 0, answer.output
