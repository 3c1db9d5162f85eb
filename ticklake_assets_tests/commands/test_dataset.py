from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import load
from ticklake_assets.storage.datasets.freeze import freeze
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets_tests.storage.datasets.builders import DAYS, make_request
from ticklake_assets_tests.storage.gold.builders import RUN, fill_gold, make_features

V1, V2 = "EURUSD/2024-01-09/v1", "EURUSD/2024-01-09/v2"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with two versions of one dataset: a Tuesday was made again in between."""
    settings = Settings(home=tmp_path / "home")
    request = make_request()
    datasets = Datasets.from_settings(settings)
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        fill_gold(gold, DAYS)
        freeze(gold, engine, datasets.registry, request)
        gold.replace("features", [DAYS[1]], make_features(DAYS[1], 40, seed=9), RUN)
        freeze(gold, engine, datasets.registry, request)
    return settings.home


def ask(home: Path, *arguments: str, columns: int = 80) -> str:
    environment = {"TICKLAKE_HOME": str(home), "COLUMNS": str(columns)}
    done = CliRunner().invoke(app, ["dataset", *arguments], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def refusal(home: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["dataset", *arguments], env={"TICKLAKE_HOME": str(home)})
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def test_from_list_to_rollback(home: Path, tmp_path: Path) -> None:
    lines = ask(home, "list").splitlines()
    assert [tag for line in lines for tag in (V1, V2) if f" {tag} " in line] == [V1, V2]
    assert [cell.strip() for cell in lines[3].strip("│").split("│")][2:5] == ["8", "320", KERNEL_VERSION]

    changed = ask(home, "diff", V1, V2, columns=120)
    assert "2024-01-02" in changed
    assert "the same raw file" in changed
    assert "snapshot features" in changed
    assert "2024-01-03" not in changed
    assert "nothing: the same content" in ask(home, "diff", V1, V1)

    ask(home, "checkout", V1, str(tmp_path / "out"))
    digest = load(tmp_path / "out").manifest.digest

    assert "EURUSD/2024-01-09/v3 has the content of EURUSD/2024-01-09/v1" in ask(
        home, "rollback", "EURUSD", "2024-01-09", "v1"
    )
    assert "already: nothing to do" in ask(home, "rollback", "EURUSD", "2024-01-09", V1)
    last = ask(home, "list", "EURUSD").splitlines()[-2]
    assert "v3" in last
    assert last.rstrip(" │").endswith(f"{digest[:8]} = v1")
    ask(home, "checkout", "EURUSD/2024-01-09/v3", str(tmp_path / "again"))
    assert load(tmp_path / "again").manifest.digest == digest
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_show_tells_partitions_checks_snapshots_and_bundles(home: Path) -> None:
    settings = Settings(home=home)
    manifest = Datasets.from_settings(settings).registry.manifest(V1)
    buffer, text = io.BytesIO(), f'{{"dataset": {{"digest": "{manifest.digest}"}}}}'.encode()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", text)
    bundle = sha256(text).hexdigest()
    put_bundle(Lake(url=settings.lake).store, "EURUSD", bundle, buffer.getvalue())
    told = ask(home, "show", V1)
    assert manifest.digest in told
    for line in manifest.partitions:
        assert f"{line.day}" in told
        assert line.sha256[:8] in told
        assert str(line.snapshot) in told
    assert "bars_hold_every_raw_row" in told
    assert "label_balance[validate long]" in told
    for table, snapshot in manifest.snapshots.items():
        assert f"gold.{table} at snapshot {snapshot}: tagged" in told
    assert f"bundle {bundle}" in told
    assert "bundle" not in ask(home, "show", V2)


def test_what_is_wrong_is_one_line(home: Path, tmp_path: Path) -> None:
    assert (
        "No dataset version 'EURUSD/2024-01-09/v7'. Expected one of the registry's tags (latest: "
        in refusal(home, "show", "EURUSD/2024-01-09/v7")
    )
    assert "belongs to another as-of day. Expected a version of EURUSD/2024-01-10" in refusal(
        home, "rollback", "EURUSD", "2024-01-10", V1
    )
    assert "No dataset version" in refusal(home, "checkout", "HEAD", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    assert "none yet" in refusal(tmp_path / "empty", "show", V1)


def test_an_empty_registry_says_what_fills_it_and_is_not_made(tmp_path: Path) -> None:
    assert ask(tmp_path / "home", "list") == "no dataset yet: dataset/training freezes one\n"
    assert ask(tmp_path / "home", "list", "GBPJPY").startswith("no dataset of GBPJPY yet: ")
    assert "Symbol 'NOPE' has no metadata" in refusal(tmp_path / "home", "list", "NOPE")
    assert not (tmp_path / "home" / "registry").exists()
