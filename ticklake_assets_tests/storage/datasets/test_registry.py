from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from stack.services.seaweedfs import ACCESS_KEY, BUCKET
from ticklake_assets.core.errors import DataError, MissingDataError, SetupError
from ticklake_assets.core.folds import Windows
from ticklake_assets.storage.datasets.check_results import CheckResult
from ticklake_assets.storage.datasets.git_repository import GitRepository
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets_tests.s3_server import S3Server

AS_OF = date(2024, 1, 15)


def open_registry(root: Path) -> DatasetRegistry:
    return DatasetRegistry(root / "registry", (root / "lake" / "datasets").as_uri())


def freeze_files(
    folder: Path, content: Mapping[str, bytes], symbol: str = "EURUSD", as_of: date = AS_OF
) -> DatasetManifest:
    """Files of a dataset in a folder, and the manifest that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    files = {name: sha256(data).hexdigest() for name, data in content.items()}
    return DatasetManifest(
        symbol, as_of, Windows(2, 1, 1), "1", ("f",), {"bars": 1, "features": 2, "labels": 3}, (), files
    )


def test_old_versions_come_back_byte_for_byte_after_later_ones(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    contents = [{"train.parquet": b"t%d" % at, "test.parquet": b"same"} for at in range(3)]
    for at, content in enumerate(contents):
        manifest = freeze_files(tmp_path / f"made{at}", content)
        assert registry.publish(tmp_path / f"made{at}", manifest).tag == f"EURUSD/2024-01-15/v{at + 1}"
    for at, content in enumerate(contents):
        out = tmp_path / f"out{at}"
        manifest = registry.checkout(f"EURUSD/2024-01-15/v{at + 1}", out)
        assert {
            path.name: path.read_bytes() for path in out.iterdir() if path.name != "manifest.json"
        } == content
        assert (out / "manifest.json").read_bytes() == manifest.to_json()


def test_the_same_content_makes_no_new_version_even_from_new_snapshots(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    manifest = freeze_files(tmp_path / "made", {"train.parquet": b"t"})
    first = registry.publish(tmp_path / "made", manifest)
    again = replace(manifest, snapshots={"bars": 7, "features": 8, "labels": 9})
    assert registry.publish(tmp_path / "made", again) == first
    assert registry.manifest(first.tag) == manifest
    assert registry.versions() == [first]


def test_what_is_checked_out_is_the_users_own(tmp_path: Path) -> None:
    """Written over in place it changes neither the registry nor the next checkout, which leaves nothing behind."""
    registry = open_registry(tmp_path)
    version = registry.publish(
        tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"right"})
    )
    for _ in range(2):
        registry.checkout(version.tag, tmp_path / "out")
        assert (tmp_path / "out" / "train.parquet").read_bytes() == b"right"
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"train.parquet", "manifest.json"}
        (tmp_path / "out" / "train.parquet").write_bytes(b"wrong")


def test_a_rollback_adds_a_version_and_says_so_in_git(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    checks = [CheckResult("labels_are_there", 0.0, "= 0", True, "Labels.")]
    for at in range(3):
        made = tmp_path / f"made{at}"
        registry.publish(made, freeze_files(made, {"train.parquet": b"%d" % at}), checks if at == 0 else ())
    version = registry.rollback("EURUSD/2024-01-15/v1")
    assert version.tag == "EURUSD/2024-01-15/v4"
    assert registry.checkout(version.tag, tmp_path / "out") == registry.manifest("EURUSD/2024-01-15/v1")
    assert (tmp_path / "out" / "train.parquet").read_bytes() == b"0"
    assert [registry.checks(each.tag) for each in registry.versions()] == [checks, [], [], checks]
    git = GitRepository(tmp_path / "registry")
    assert git.run("log", "-1", "--format=%s").strip() == "Freeze EURUSD/2024-01-15 v4: v1 again"
    with pytest.raises(MissingDataError, match="No dataset version 'EURUSD/2024-01-15/v9'"):
        registry.rollback("EURUSD/2024-01-15/v9")


def test_an_unknown_tag_is_answered_with_those_nearest(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    for number, (symbol, day) in enumerate([("EURUSD", 15), ("EURUSD", 16), ("GBPJPY", 15)]):
        made = tmp_path / f"made{number}"
        registry.publish(made, freeze_files(made, {"train.parquet": b"t"}, symbol, date(2024, 1, day)))
    told = {
        "EURUSD/2024-01-15/v9": "EURUSD/2024-01-15/v1",
        "EURUSD/2024-01-17/v1": "EURUSD/2024-01-15/v1, EURUSD/2024-01-16/v1",
        "HEAD": "EURUSD/2024-01-15/v1, EURUSD/2024-01-16/v1, GBPJPY/2024-01-15/v1",
    }
    for tag, near in told.items():
        with pytest.raises(MissingDataError, match=rf"one of the registry's tags \(latest: {near}\)"):
            registry.version(tag)


@pytest.mark.parametrize("manifest", [None, b'{"name": "a manifest of mine"}'])
def test_a_folder_with_files_of_the_users_own_is_left_alone(tmp_path: Path, manifest: bytes | None) -> None:
    registry, mine = open_registry(tmp_path), tmp_path / "mine"
    version = registry.publish(tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"t"}))
    mine.mkdir()
    registry.checkout(version.tag, mine)  # empty: it may be filled
    (mine / "train.parquet").write_bytes(b"mine")
    (mine / "notes.txt").write_bytes(b"mine, too")
    (mine / "manifest.json").unlink()
    if manifest:
        (mine / "manifest.json").write_bytes(manifest)
    before = {path.name: path.read_bytes() for path in mine.iterdir()}
    with pytest.raises(DataError, match=rf"{mine} .* Expected an empty folder or an earlier checkout, was"):
        registry.checkout(version.tag, mine)
    assert {path.name: path.read_bytes() for path in mine.iterdir()} == before


def test_a_checkout_that_cannot_be_fetched_leaves_the_earlier_one(tmp_path: Path) -> None:
    registry, out = open_registry(tmp_path), tmp_path / "out"
    for at in range(2):
        made = tmp_path / f"made{at}"
        registry.publish(made, freeze_files(made, {"train.parquet": b"%d" % at}))
    first = registry.checkout("EURUSD/2024-01-15/v1", out)
    shutil.rmtree(tmp_path / "registry" / ".dvc" / "cache")
    shutil.rmtree(tmp_path / "lake")
    with pytest.raises(MissingDataError, match="cannot be brought back"):
        registry.checkout("EURUSD/2024-01-15/v2", out)
    assert (out / "manifest.json").read_bytes() == first.to_json()
    assert (out / "train.parquet").read_bytes() == b"0"


def test_a_version_from_before_checks_were_kept_has_none(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    version = registry.publish(tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"t"}))
    git = GitRepository(tmp_path / "registry")
    git.run("rm", "--quiet", "EURUSD/2024-01-15/checks.json")
    git.run("commit", "--quiet", "-m", "As it was")
    git.run("tag", "--force", "--annotate", version.tag, "-m", version.digest)
    assert registry.checks(version.tag) == []


def test_a_lost_cache_is_restored_from_the_remote(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    version = registry.publish(
        tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"precious"})
    )
    shutil.rmtree(tmp_path / "registry" / ".dvc" / "cache")
    registry.checkout(version.tag, tmp_path / "out")
    assert (tmp_path / "out" / "train.parquet").read_bytes() == b"precious"


@pytest.mark.parametrize("damaged", [b"wrong bytes", b"preciou", b""])
def test_a_damaged_entry_of_the_cache_is_fetched_again(tmp_path: Path, damaged: bytes) -> None:
    registry = open_registry(tmp_path)
    version = registry.publish(
        tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"precious"})
    )
    (cached,) = (tmp_path / "registry" / ".dvc" / "cache" / "files").rglob("*/*/*")
    cached.chmod(0o644)
    cached.write_bytes(damaged)
    registry.checkout(version.tag, tmp_path / "out")
    assert (tmp_path / "out" / "train.parquet").read_bytes() == b"precious"


def test_lost_cache_and_remote_name_what_is_missing(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    version = registry.publish(tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"gone"}))
    shutil.rmtree(tmp_path / "registry" / ".dvc" / "cache")
    shutil.rmtree(tmp_path / "lake")
    with pytest.raises(
        MissingDataError, match=r"train\.parquet of EURUSD/2024-01-15/v1 cannot be brought back"
    ):
        registry.checkout(version.tag, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_changed_remote_is_found_out(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    version = registry.publish(
        tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"right"})
    )
    shutil.rmtree(tmp_path / "registry" / ".dvc" / "cache")
    (stored,) = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    stored.chmod(0o644)
    stored.write_bytes(b"wrong")
    with pytest.raises((DataError, MissingDataError), match=r"train\.parquet of EURUSD"):
        registry.checkout(version.tag, tmp_path / "out")
    assert not (tmp_path / "out" / "train.parquet").exists()


def test_versions_are_listed_by_symbol_and_day(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    assert registry.versions() == []
    later = date(2024, 1, 18)
    for symbol, as_of in [("GBPJPY", AS_OF), ("EURUSD", later), ("EURUSD", AS_OF)]:
        made = tmp_path / f"{symbol}{as_of}"
        registry.publish(made, freeze_files(made, {"train.parquet": symbol.encode()}, symbol, as_of))
    tags = ["EURUSD/2024-01-15/v1", "EURUSD/2024-01-18/v1", "GBPJPY/2024-01-15/v1"]
    assert [version.tag for version in registry.versions()] == tags
    assert [version.tag for version in registry.versions("EURUSD", later)] == tags[1:2]
    assert registry.latest("GBPJPY", later) is None
    assert registry.versions()[0].digest == registry.manifest(tags[0]).digest


def test_an_unknown_tag_names_the_latest(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    with pytest.raises(MissingDataError, match="latest: none yet"):
        registry.checkout("EURUSD/2024-01-15/v1", tmp_path / "out")
    registry.publish(tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"t"}))
    with pytest.raises(MissingDataError, match="latest: EURUSD/2024-01-15/v1"):
        registry.checkout("HEAD", tmp_path / "out")


def test_a_version_is_one_commit_and_one_annotated_tag(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    manifest = freeze_files(tmp_path / "made", {"train.parquet": b"t"})
    version = registry.publish(tmp_path / "made", manifest)
    git = GitRepository(tmp_path / "registry")
    assert git.run("log", "--format=%s").splitlines() == [
        "Freeze EURUSD/2024-01-15 v1",
        "Start the dataset registry",
    ]
    assert git.run("cat-file", "-t", version.tag).strip() == "tag"
    assert git.run("status", "--short") == ""
    assert str(tmp_path) not in git.run("grep", "-I", "", "HEAD")


def test_writers_queue_up(tmp_path: Path) -> None:
    def publish(at: int) -> str:
        made = tmp_path / f"made{at}"
        return open_registry(tmp_path).publish(made, freeze_files(made, {"train.parquet": b"%d" % at})).tag

    with ThreadPoolExecutor(3) as pool:
        tags = list(pool.map(publish, range(3)))
    assert sorted(tags) == [f"EURUSD/2024-01-15/v{number}" for number in (1, 2, 3)]


def test_a_publish_that_died_before_its_tag_is_made_good(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    manifest = freeze_files(tmp_path / "made", {"train.parquet": b"t"})
    version = registry.publish(tmp_path / "made", manifest)
    GitRepository(tmp_path / "registry").run("tag", "--delete", version.tag)
    assert registry.versions() == []
    assert registry.publish(tmp_path / "made", manifest).tag == version.tag
    registry.checkout(version.tag, tmp_path / "out")


def test_a_users_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="is not a dataset registry"):
        open_registry(tmp_path).publish(tmp_path / "made", freeze_files(tmp_path / "made", {"a": b"a"}))
    assert [path.name for path in (tmp_path / "registry").iterdir()] == ["thesis.txt"]


def test_a_remote_that_refuses_writes_leaves_no_version(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be")
    with pytest.raises(Exception, match=r"Could not push EURUSD/2024-01-15"):
        open_registry(tmp_path).publish(tmp_path / "made", freeze_files(tmp_path / "made", {"a": b"a"}))
    assert open_registry(tmp_path).versions() == []


@pytest.mark.parametrize("url", ["/plain/path", "http://x/y", "s3://"])
def test_a_remote_that_is_no_lake_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SetupError, match="Expected file:///folder or s3://bucket/prefix"):
        DatasetRegistry(tmp_path, url)


def test_the_remote_may_be_a_bucket(
    tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a real S3 server; credentials come from the usual AWS places, as with every other client."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    remote = f"s3://{BUCKET}/{tmp_path.name}/datasets"
    registry = DatasetRegistry(tmp_path / "registry", remote, s3_server.endpoint, "us-east-1")
    version = registry.publish(tmp_path / "made", freeze_files(tmp_path / "made", {"train.parquet": b"far"}))
    stored = s3_server.client().list_objects_v2(Bucket=BUCKET, Prefix=f"{tmp_path.name}/datasets")
    assert stored["KeyCount"] == 1
    shutil.rmtree(tmp_path / "registry" / ".dvc" / "cache")
    registry.checkout(version.tag, tmp_path / "out")
    assert (tmp_path / "out" / "train.parquet").read_bytes() == b"far"
