from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stack.nifi.parameters import flow_values
from ticklake_assets.cli import app
from ticklake_assets.commands.landing import land_days
from ticklake_assets.commands.replicate import replicate_landing
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.commands.test_landing import MONDAY, export, landed, make_console, make_settings

COMMANDS = ("start", "stop", "deploy", "status")
EVERY_COMMAND = f"""
from ticklake_assets.cli import app
for command in {COMMANDS}:
    try:
        app(["replicate", command])
    except SystemExit as ended:
        print(command, ended.code, sep=":")
"""
"""The exit code of each on the output; a process for each would spend most of its time on imports."""
STORED = "lake/raw/ticks/GBPJPY/2012/12/GBPJPY_2012-12-03.csv"


def test_landing_files_are_copied_once_and_counted(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    export(tmp_path / "ticks", MONDAY)
    land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
    data = landed(settings, MONDAY).read_bytes()
    assert replicate_landing(settings, console)
    assert "1 files copied (135 bytes), 0 there already, 0 conflicts, 0 failed" in shown.getvalue()
    assert (settings.home / STORED).read_bytes() == data
    assert replicate_landing(settings, console)
    assert "0 files copied (0 bytes), 0 there already" in shown.getvalue()
    land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
    assert "0 new files, 1 days there already" in shown.getvalue()


def test_other_bytes_under_a_stored_name_are_a_conflict(tmp_path: Path) -> None:
    settings, (console, shown) = make_settings(tmp_path), make_console()
    export(tmp_path / "ticks", MONDAY)
    land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
    replicate_landing(settings, console)
    before = (settings.home / STORED).read_bytes()
    landed(settings, MONDAY).write_text("edited by hand\n")
    assert not replicate_landing(settings, console)
    assert "1 conflicts" in shown.getvalue()
    assert "nothing was overwritten" in shown.getvalue()
    assert (settings.home / STORED).read_bytes() == before


def test_a_correction_after_replication_is_the_next_revision(tmp_path: Path) -> None:
    settings, (console, _) = make_settings(tmp_path), make_console()
    for quotes in (2, 3):
        export(tmp_path / "ticks", MONDAY, quotes)
        land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
        assert replicate_landing(settings, console)
    assert (settings.home / STORED.replace(".csv", ".r2.csv")).exists()


def test_the_commands_without_nifi(tmp_path: Path) -> None:
    environment = {"TICKLAKE_HOME": str(tmp_path)}
    export(tmp_path / "ticks", MONDAY)
    settings, (console, _) = make_settings(tmp_path), make_console()
    land_days(settings, "GBPJPY", MONDAY, MONDAY, console, tmp_path / "ticks")
    assert CliRunner().invoke(app, ["replicate"], env=environment).exit_code == 0
    answer = CliRunner().invoke(app, ["replicate", "status", "--json"], env=environment)
    status = json.loads(answer.output)
    assert (status["mover"], status["files_a_minute"], status["conflicts"]) == ("embedded", 0.2, 0)
    assert status["queues"] == [{"name": "landing", "files": 0, "bytes": 0, "percent": 0}]
    assert "embedded: on demand" in CliRunner().invoke(app, ["replicate", "status"], env=environment).output
    for command in ("start", "stop"):
        answer = CliRunner().invoke(app, ["replicate", command], env=environment)
        assert answer.exit_code == 1
        assert "Expected TICKLAKE_NIFI_URL" in answer.output


@pytest.mark.parametrize("status", [None, 200, 404])
def test_nifi_that_is_not_there_is_one_line(tmp_path: Path, status: int | None) -> None:
    """Nobody listens, or another program does: one that answers with a page. Libraries warn beside what we print."""
    with page_server(status) if status else nullcontext("http://127.0.0.1:9") as url:
        environment = {
            "PATH": "/usr/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TICKLAKE_HOME": str(tmp_path),
            "TICKLAKE_NIFI_URL": url,
            "TICKLAKE_LAKE_URL": "s3://lake",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        answer = subprocess.run(
            [sys.executable, "-c", EVERY_COMMAND], env=environment, capture_output=True, text=True
        )
    assert answer.stdout.split() == [f"{command}:1" for command in COMMANDS]
    told = answer.stderr.splitlines()
    assert len(told) == len(COMMANDS)
    for line in told:
        assert len(line) < 400
        assert f"NiFi at {url}. Expected a" in line


@contextmanager
def page_server(status: int) -> Iterator[str]:
    """A web server that has one long page for everybody."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>\n" + b"<p>\n" * 1000)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_flow_gets_the_lake_of_the_settings(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, lake_url="s3://ticks/eu/1", s3_endpoint="http://127.0.0.1:8333")
    assert flow_values(settings) == {
        "landing.folder": str(settings.landing_dir),
        "lake.bucket": "ticks",
        "lake.folder": "eu/1/raw/ticks",
        "s3.endpoint": "http://127.0.0.1:8333",
        "s3.region": "us-east-1",
    }
    assert flow_values(make_settings(tmp_path, lake_url="s3://ticks"))["lake.folder"] == "raw/ticks"
    with pytest.raises(SetupError, match="into a bucket"):
        flow_values(make_settings(tmp_path))
