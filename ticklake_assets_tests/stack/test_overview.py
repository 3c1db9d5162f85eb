from __future__ import annotations

import io
import time
from pathlib import Path

from rich.console import Console

from stack.overview import Progress, standings, table_of
from stack.supervisor import State
from ticklake_assets_tests.stack.scripted import Scripted, kill, new_site, running


def printed(what: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_each_service_is_shown_as_it_is(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    services = [Scripted(name) for name in ("well", "ill", "dead", "down")]
    with running(site, *services[:3]):
        (site.folder_of("ill") / "well").unlink()
        kill(site, services[2])
        found = standings(site, services)
        assert [standing.word for standing in found] == ["healthy", "not healthy", "dead", "down"]
        assert found[0].memory > 1 << 20
        assert found[2].memory == found[3].memory == 0
        text = printed(table_of(site, found))
        assert text.count("http://127.0.0.1:") == 3
        assert site.kept_port("down") is None


def test_progress_counts_from_the_first_step_to_the_last() -> None:
    quick, late = Scripted("quick"), Scripted("late")
    console = Console(file=io.StringIO(), width=80)
    with Progress(console, [quick, late]) as show:
        show(quick, State.STARTING)
        time.sleep(0.2)
        show(quick, State.HEALTHY)
        time.sleep(0.3)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0].split() == ["quick", "healthy", "0.2", "s"]
    assert lines[1].split() == ["late", "waiting"]
