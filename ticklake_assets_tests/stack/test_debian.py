from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stack.debian import HERE, _as_long, bring_program, find_program
from stack.service import MissingProgramError
from stack.services.alertmanager import MESSAGES, Alertmanager
from stack.services.prometheus import Prometheus
from stack.supervisor import State
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site, running

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt-get: this is no Debian")


def test_the_machines_own_program_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = tmp_path / "debian" / "package" / "usr" / "bin" / "program"
    unpacked.parent.mkdir(parents=True)
    assert find_program(tmp_path, "package", "program") is None
    unpacked.touch()
    assert bring_program(tmp_path, "package", "program") == unpacked
    own = tmp_path / "program"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program(tmp_path, "package", "program") == own


def test_services_without_their_programs_are_skipped_in_a_line_and_the_others_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    site, other = new_site(tmp_path), Scripted("other")
    with running(site, other):
        outcomes = bring_up(site, other, Alertmanager(), Prometheus())
    assert [outcome.state for outcome in outcomes.values()] == [State.HEALTHY, State.SKIPPED, State.SKIPPED]
    for name in ("prometheus", "alertmanager"):
        problem = outcomes[name].problem
        assert "Expected apt-get to bring Debian's package, was" in problem
        assert "\n" not in problem


@needs_apt
def test_a_package_that_the_release_does_not_have_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = tmp_path / "apt.conf"
    hasty.write_text(
        'Acquire::Retries "0"; Acquire::http::Proxy "http://127.0.0.1:1";'
    )  # no network for newer lists
    monkeypatch.setenv("APT_CONFIG", str(hasty))
    with pytest.raises(MissingProgramError, match="no-such-package: Expected apt-get to bring") as error:
        bring_program(tmp_path, "no-such-package", "program")
    assert "\n" not in str(error.value)
    assert [file.name for file in (tmp_path / "debian").iterdir()] == ["lock"], "nothing half done stays"


def test_a_programs_folder_becomes_the_working_folder_byte_by_byte() -> None:
    for longer in (MESSAGES, MESSAGES + "x"):
        moved = _as_long(HERE, longer)
        assert len(moved) == len(longer.encode())
        assert Path(moved.decode()) in (Path(HERE), Path(HERE, "."))
        assert Path(moved.decode()).resolve() == Path.cwd()
