from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from stack.download import sha256_of
from stack.java import java_of
from stack.maven import Artefact
from stack.process import memory_of
from stack.services.postgres import Postgres
from stack.services.postgres_roles import password_of
from stack.services.seaweedfs import SeaweedFS
from stack.services.trino import ICEBERG, SERVER, TEMPLATES, VERSION, Trino, home_in, install_server
from stack.site import Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets.storage.sql.trino import TrinoEngine
from ticklake_assets_tests.stack.scripted import bring_up, new_site, process_of, running

TRINO = Trino()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.open(tmp_path_factory.mktemp("trino") / "stack")
    with running(site, SeaweedFS(), Postgres(), TRINO):
        yield site


def test_the_environment_gives_what_the_templates_ask_for(tmp_path: Path) -> None:
    try:
        java_of(TRINO)
    except SetupError:
        pytest.skip("no Java 24 or later")
    given = TRINO.program(new_site(tmp_path)).environment
    asked = {
        name
        for file in TEMPLATES.rglob("*.properties")
        for name in re.findall(r"\$\{ENV:(\w+)\}", file.read_text())
    }
    assert asked == set(given)


def test_stacks_that_install_it_side_by_side_all_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to finish removes the archives, which another may be about to unpack."""
    monkeypatch.setenv("PATH", str(tmp_path))  # no Maven: nothing can be fetched twice
    top, content = f"trino-server-core-{VERSION}", Random(1).randbytes(8_000_000)
    files = [tmp_path / "maven" / Artefact.parse(name).path for name in (SERVER, ICEBERG)]
    for file in files:
        file.parent.mkdir(parents=True)
    with tarfile.open(files[0], "w:gz") as server:
        entry = tarfile.TarInfo(f"{top}/lib/server.jar")
        entry.size = len(content)
        server.addfile(entry, io.BytesIO(content))
    with zipfile.ZipFile(files[1], "w") as plugin:
        plugin.writestr(f"trino-iceberg-{VERSION}/plugin.jar", content)
    checksums = tmp_path / "list"
    lines = [f"{sha256_of(file)}  {file.relative_to(tmp_path / 'maven')}\n" for file in files]
    checksums.write_text("".join(lines))
    with ThreadPoolExecutor() as pool:
        stacks = []
        for _ in range(8):
            stacks.append(pool.submit(install_server, tmp_path, checksums))
            time.sleep(0.03)
    assert [stack.exception() for stack in stacks] == [None] * 8
    assert (home_in(tmp_path) / "lib" / "server.jar").read_bytes() == content
    assert (home_in(tmp_path) / "enabled" / "iceberg" / "plugin.jar").read_bytes() == content
    assert not any(file.exists() for file in files)


@pytest.mark.stack
def test_it_listens_on_this_machine_alone(site: Site) -> None:
    listening = subprocess.run(["ss", "-ltnHp"], capture_output=True, text=True, check=True).stdout
    mine = [
        line.split()[3] for line in listening.splitlines() if f"pid={process_of(site, TRINO).pid}," in line
    ]
    assert mine
    assert all("127.0.0.1" in address for address in mine)


@pytest.mark.stack
def test_no_file_of_its_own_holds_a_secret(site: Site) -> None:
    secrets = [password_of(site, "trino").encode(), site.secret("s3").encode()]
    files = [path for path in site.folder_of("trino").rglob("*") if path.is_file()]
    files.append(site.log_of("trino"))
    assert not [path for path in files if any(secret in path.read_bytes() for secret in secrets)]
    command = Path(f"/proc/{process_of(site, TRINO).pid}/cmdline").read_bytes()
    assert not any(secret in command for secret in secrets)


@pytest.mark.stack
def test_it_keeps_within_its_memory(site: Site) -> None:
    assert memory_of(process_of(site, TRINO), site.mark_of("trino")) < 1.4 * (1 << 30)


@pytest.mark.stack
def test_it_finds_its_catalog_before_the_first_table(site: Site) -> None:
    engine = TrinoEngine.from_url(TRINO.settings(site)["TICKLAKE_SQL_URL"])
    assert ("information_schema",) in engine.query("SHOW SCHEMAS FROM lake").rows
    with pytest.raises(SetupError, match=r"no schema gold.*Expected .*TICKLAKE_CATALOG_NAME"):
        engine.query("SELECT count(*) FROM gold.bars")
    elsewhere = TrinoEngine.from_url(TRINO.settings(site)["TICKLAKE_SQL_URL"].replace("/lake", "/lakehouse"))
    with pytest.raises(SetupError, match="no catalog lakehouse"):
        elsewhere.query("SELECT count(*) FROM gold.bars")
    elsewhere.close()
    engine.close()


@pytest.mark.stack
def test_a_killed_one_comes_back(site: Site) -> None:
    before = process_of(site, TRINO)
    os.kill(before.pid, signal.SIGKILL)
    bring_up(site, SeaweedFS(), Postgres(), TRINO)
    assert process_of(site, TRINO) != before
    assert TRINO.is_healthy(site)
