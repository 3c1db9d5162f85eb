"""`ticklake dev` as a user starts it, in a home where a demo has left the pages running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from serving.pipeline.living import who_serves
from ticklake_assets.instance.pages import leave_pages
from ticklake_assets.loopback import free_port, is_listening
from ticklake_assets.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_it_runs_all_that_a_person_looks_at_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    dagster, endpoint, pages = (free_port() for _ in range(3))
    settings = Settings(home=tmp_path, pages_url=f"http://127.0.0.1:{pages}")
    environment = {
        **os.environ,
        "TICKLAKE_HOME": str(tmp_path),
        "TICKLAKE_PAGES_URL": settings.pages_url,
        "TICKLAKE_ENDPOINT_URL": f"http://127.0.0.1:{endpoint}",
        "PYTHONUNBUFFERED": "1",
    }
    leave_pages(settings, environment)
    left = who_serves(settings)
    command = [sys.executable, "-m", "ticklake_assets.cli", "dev", "--port", str(dagster)]
    said = tmp_path / "said"
    with said.open("wb") as output:
        dev = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 200
        while "Ctrl-C" not in said.read_text():
            assert dev.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)
        served = who_serves(settings)
        assert served is not None
        assert left is not None
        assert served.pid != left.pid, "dev has taken the address over"
        assert served.idle_s == 0
        told = said.read_text()
        for what, port in (("Dagster UI", dagster), ("endpoint", endpoint), ("lifecycle pages", pages)):
            assert f"{what}: http://127.0.0.1:{port}   (started here)" in told
        link = re.search(r"without a password: (http\S+)", told)
        assert link is not None
        with httpx.Client(trust_env=False, follow_redirects=True) as person:
            assert "Overview" in person.get(link[1]).text
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait(60)
    assert [port for port in (dagster, endpoint, pages) if is_listening(port)] == []
    assert who_serves(settings) is None
