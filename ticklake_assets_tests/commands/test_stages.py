from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from ticklake_assets.commands.stages import FOLDER, app
from ticklake_assets.lifecycle.handover import FolderHandover, pack_trained
from ticklake_assets.modeling.deployed.signing import signed_document
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.manifest import MANIFEST
from ticklake_assets_tests.lifecycle.test_handover import TRAINED
from ticklake_assets_tests.modeling.markets import run_fold
from ticklake_assets_tests.storage.datasets.test_manifest import make_manifest

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_pipelines_stages_are_the_modules_commands_in_order() -> None:
    pipeline = (REPOSITORY / "dvc.yaml").read_text()
    commands = re.findall(r"commands\.stages (\w+)", pipeline)
    assert commands == [command.name for command in app.registered_commands]
    assert commands == re.findall(r"^  (\w+):$", pipeline, re.MULTILINE)


def test_every_parameter_is_used_and_none_is_missing() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", (REPOSITORY / "dvc.yaml").read_text()))
    given = set(re.findall(r"^(\w+):", (REPOSITORY / "params.yaml").read_text(), re.MULTILINE))
    assert used == given


def test_a_model_is_not_validated_on_a_dataset_that_was_checked_out_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_mlflow: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKLAKE_MLFLOW_URI", f"sqlite:///{empty_mlflow}")
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    manifest, key = make_manifest(), Signing.from_settings(Settings()).private
    (FOLDER / "dataset").mkdir(parents=True)
    (FOLDER / "dataset" / MANIFEST).write_bytes(manifest.to_json())
    (FOLDER / "dataset" / "version.txt").write_text("EURUSD/2024-01-09/v2")
    trained_on = {"version": "EURUSD/2024-01-09/v1", "digest": "1" * 64}
    (FOLDER / "trained.zip").write_bytes(pack_trained(TRAINED, trained_on, key))
    expected = rf"v2 is not the dataset that .* Expected digest 1{{64}}, was {manifest.digest}: train again"
    answer = CliRunner().invoke(app, ["validate"])
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert re.search(expected, answer.stderr)


def test_a_tested_fold_that_was_edited_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    record, key = run_fold().record, Signing.from_settings(Settings()).private
    better = record.model_copy(update={"test": record.test.model_copy(update={"drawdown_pips": 0.0})})
    signature = json.loads(signed_document(record, key))["signature"].encode()
    edited = b'{"signature":"%s","signed":%s}' % (signature, better.canonical())
    for data, said in (
        (edited, "signature of the tested fold does not fit"),
        (signed_document(better, Ed25519PrivateKey.generate()), "signature of the tested fold does not fit"),
        (record.canonical(), "tested fold is not signed"),
    ):
        FolderHandover(FOLDER).put("tested", data)
        answer = CliRunner().invoke(app, ["report"])
        assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
        assert said in answer.stderr
    assert not (tmp_path / "home" / "lake").exists(), "no look was noted"


def test_without_a_lake_a_stage_ends_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path / "home"))
    answer = CliRunner().invoke(app, ["dataset", "SYNEUR", "2024-01-17"])
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
    assert answer.stderr.startswith("ticklake: No dataset of SYNEUR as of 2024-01-17 is frozen. ")
