from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stack import process
from stack.process import memory_of
from stack.services.nifi import EXTENSIONS, NiFi
from stack.site import Site
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.nifi_node import Node, wait_until


def test_the_configuration_is_private_complete_and_written_alike_again(tmp_path: Path) -> None:
    site, service = Site.open(tmp_path / "stack", tmp_path / "cache"), NiFi()
    service.configure(site)
    folder = tmp_path / "stack" / "nifi" / "conf"
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert len(written) == 5
    assert all("$" not in text for text in written.values())
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    properties = dict(
        line.split("=", 1) for line in written["nifi.properties"].splitlines() if line.startswith("nifi.")
    )
    assert properties["nifi.web.http.host"] == "127.0.0.1"
    assert properties["nifi.web.http.port"] == str(site.port("nifi"))
    assert properties["nifi.sensitive.props.key"] == site.secret("nifi-sensitive-key")
    assert properties["nifi.content.repository.always.sync"] == "true"
    service.configure(site)
    assert {path.name: path.read_text() for path in folder.iterdir()} == written


def test_a_nifi_that_is_not_there_is_not_healthy(tmp_path: Path) -> None:
    assert not NiFi().is_healthy(Site.open(tmp_path / "stack", tmp_path / "cache"))


@pytest.mark.stack
def test_it_listens_on_the_loopback_alone_and_leaves_nothing_behind(tmp_path: Path) -> None:
    node = Node(tmp_path / "stack")
    try:
        seconds = node.start()
        pids = set(process.marked(node.mark))
        megabytes = memory_of(node.site.process("nifi"), node.mark) / 1e6
        print(f"ready in {seconds:.1f} s, {megabytes:.0f} MB")
        assert megabytes < 1_000
        assert addresses_of(pids) == {"0100007F"}  # 127.0.0.1
        assert node.service.is_healthy(node.site)
        wait_until(lambda: len(set(process.marked(node.mark))) > 1)  # its Python
        node.kill()
        assert not node.service.is_healthy(node.site)
    finally:
        node.stop()
    assert list(process.marked(node.mark)) == []


def test_what_nifi_installs_for_our_processor_is_held_to_its_sha256(tmp_path: Path) -> None:
    """NiFi hands requirements.txt, which it finds beside the processor, to pip; pip checks all once one has a hash."""
    text = (EXTENSIONS / "requirements.txt").read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if not line.startswith("#")]
    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert "dependencies = []" in (EXTENSIONS / "PutLakeObject.py").read_text()


@pytest.mark.stack
def test_other_bytes_are_not_installed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)  # as NiFi does
    text = (EXTENSIONS / "requirements.txt").read_text()
    for name, digest, code in (("right", "sha256:", 0), ("wrong", "sha256:0000", 1)):
        (tmp_path / name).write_text(re.sub(r"sha256:" + "." * (len(digest) - 7), digest, text))
        command = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "install", "--no-cache-dir"]
        answer = subprocess.run(
            [*command, "--target", tmp_path / f"{name} packages", "-r", tmp_path / name],
            capture_output=True,
            text=True,
        )
        assert answer.returncode == code, answer.stderr
    assert "DO NOT MATCH THE HASHES" in answer.stderr
