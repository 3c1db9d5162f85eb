"""Frozen datasets under git and DVC: one commit and one annotated tag a version, bytes in DVC's remote.

The repository is ticklake's own. In git lie the manifests, the checks and DVC's pointers, so `git diff` of two
tags says what changed; any DVC installation can read it (`dvc get REGISTRY EURUSD/2024-01-15/train.parquet --rev TAG`).
History is only added to: bringing an older version back makes a new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ticklake_assets.core.errors import DataError, MissingDataError, TransientError
from ticklake_assets.files import replace_file
from ticklake_assets.storage.datasets.check_results import CheckResult, from_json, to_json
from ticklake_assets.storage.datasets.dvc_repository import DvcRepository
from ticklake_assets.storage.datasets.manifest import MANIFEST, DatasetManifest

CHECKS = "checks.json"
_TAG = re.compile(r"([A-Z0-9]+)/(\d{4}-\d{2}-\d{2})/v(\d+)")


class DatasetVersion(NamedTuple):
    """One frozen dataset in the registry; sorts by symbol, day and number."""

    symbol: str
    as_of: date
    number: int
    digest: str
    """Of its manifest; two versions of one digest are the same content."""
    committed_at: str
    """ISO 8601."""

    @property
    def place(self) -> str:
        """Folder in the registry."""
        return f"{self.symbol}/{self.as_of}"

    @property
    def tag(self) -> str:
        return f"{self.place}/v{self.number}"


class DatasetRegistry:
    """Publishes, lists and brings back datasets; safe for several processes on one machine."""

    def __init__(self, root: Path, remote_url: str, s3_endpoint: str = "", s3_region: str = "") -> None:
        """`remote_url` is a folder of the lake, file:///... or s3://bucket/prefix; made on first publish."""
        self._repository = DvcRepository(root, remote_url, s3_endpoint, s3_region)

    def publish(
        self, folder: Path, manifest: DatasetManifest, checks: Sequence[CheckResult] = (), why: str = ""
    ) -> DatasetVersion:
        """Commit, push and tag the manifest and its files; content that the latest version has makes none.

        Bytes reach the remote before the tag exists: a version that is listed can always be brought back.
        """
        repository = self._repository
        with repository.locked():
            latest = self.latest(manifest.symbol, manifest.as_of)
            if latest is not None and self.manifest(latest.tag).same_content(manifest):
                return latest
            number = latest.number + 1 if latest else 1
            place = f"{manifest.symbol}/{manifest.as_of}"
            self._push(folder, place, list(manifest.files))
            repository.write(f"{place}/{MANIFEST}", manifest.to_json())
            repository.write(f"{place}/{CHECKS}", to_json(checks))
            message = f"Freeze {place} v{number}" + (f": {why}" if why else "")
            repository.git.run("add", "--all", "--", place)
            repository.git.run("commit", "--quiet", "--allow-empty", "-m", message)
            repository.git.run("tag", "--annotate", f"{place}/v{number}", "-m", manifest.digest)
            return self.version(f"{place}/v{number}")

    def rollback(self, tag: str) -> DatasetVersion:
        """Make the content of an older version the latest of its as-of day again, as a new version.

        Raises:
            MissingDataError: no such version, or its bytes cannot be brought back.
        """
        with TemporaryDirectory(prefix="ticklake-dataset-") as folder:
            manifest = self.checkout(tag, Path(folder))
            return self.publish(
                Path(folder), manifest, self.checks(tag), why=f"v{self.version(tag).number} again"
            )

    def versions(self, symbol: str = "", as_of: date | None = None) -> list[DatasetVersion]:
        """Every version, or those of a symbol or of one of its as-of days; oldest first."""
        if not self._repository.exists:
            return []
        listed = self._repository.git.run(
            "for-each-ref",
            "refs/tags",
            "--format=%(refname:lstrip=2)%09%(contents:subject)%09%(creatordate:iso-strict)",
        )
        found = []
        for line in listed.splitlines():
            tag, digest, committed_at = line.split("\t")
            if match := _TAG.fullmatch(tag):
                day = date.fromisoformat(match[2])
                found.append(DatasetVersion(match[1], day, int(match[3]), digest, committed_at))
        return sorted(v for v in found if symbol in ("", v.symbol) and as_of in (None, v.as_of))

    def latest(self, symbol: str, as_of: date) -> DatasetVersion | None:
        versions = self.versions(symbol, as_of)
        return versions[-1] if versions else None

    def version(self, tag: str) -> DatasetVersion:
        """The version of a tag; MissingDataError names the latest of its as-of day, else of its symbol, else of all."""
        known = {version.tag: version for version in self.versions()}
        if tag not in known:
            places = (tag.rpartition("/")[0] + "/", tag.partition("/")[0] + "/", "")
            near = next(
                filter(None, ([each for each in known if each.startswith(place)] for place in places)), []
            )
            raise MissingDataError(
                f"No dataset version {tag!r}. Expected one of the registry's tags (latest: "
                f"{', '.join(near[-3:]) or 'none yet'})"
            )
        return known[tag]

    def manifest(self, tag: str) -> DatasetManifest:
        """The manifest of a version, from git alone."""
        place = f"{self.version(tag).place}/{MANIFEST}"
        return DatasetManifest.from_json(
            self._repository.git.run_bytes("show", f"{tag}:{place}"), f"{tag} {MANIFEST}"
        )

    def checks(self, tag: str) -> list[CheckResult]:
        """The SQL checks that let a version in; none of a version from before they were kept."""
        place, git = f"{self.version(tag).place}/{CHECKS}", self._repository.git
        if not git.run("ls-tree", "--name-only", tag, "--", place):
            return []
        return from_json(git.run_bytes("show", f"{tag}:{place}"))

    def checkout(self, tag: str, folder: Path) -> DatasetManifest:
        """Bring a version's files into a folder byte for byte, from the cache or the remote.

        They take the place of an earlier checkout only once all have come. The manifest lands last: a folder with a
        manifest is complete.

        Raises:
            MissingDataError: no such version, or its bytes are neither here nor in the remote.
            DataError: what came back is not what was frozen, or the folder holds something else.
        """
        manifest = self.manifest(tag)
        _expect_replaceable(folder)
        with self._repository.locked(), self._repository.dvc(rev=tag) as repo:
            files = {name: self._fetch(repo, tag, name, digest) for name, digest in manifest.files.items()}
        (folder / MANIFEST).unlink(missing_ok=True)
        for name, data in files.items():
            replace_file(folder / name, data)
        replace_file(folder / MANIFEST, manifest.to_json())
        return manifest

    def _push(self, folder: Path, place: str, names: list[str]) -> None:
        from dvc.exceptions import DvcException

        for name in names:
            self._repository.write(f"{place}/{name}", (folder / name).read_bytes())
        paths = [self._repository.root / place / name for name in names]
        try:
            with self._repository.dvc() as repo:
                repo.scm_context.quiet = True
                repo.add([str(path) for path in paths])
                repo.push(targets=[f"{path}.dvc" for path in paths])
        except (DvcException, OSError) as error:
            raise TransientError(f"Could not push {place} to {self._repository.remote}: {error}") from error

    def _fetch(self, repo: Any, tag: str, name: str, digest: str) -> bytes:
        """The bytes of a file of a version; what this machine's cache holds of it wrongly is fetched again."""
        data = self._bytes_of(repo, tag, name)
        if sha256(data).hexdigest() != digest:
            self._forget(repo, tag, name)
            data = self._bytes_of(repo, tag, name)
        found = sha256(data).hexdigest()
        if found != digest:
            raise DataError(f"{name} of {tag} came back changed. Expected sha256 {digest}, was {found}")
        return data

    def _bytes_of(self, repo: Any, tag: str, name: str) -> bytes:
        from dvc.exceptions import DvcException

        try:
            # Bytes, not DVC's own copy of the file: that is a link into its cache, which a user would write through.
            data: bytes = repo.dvcfs.cat_file(_place(tag, name))
        except (DvcException, OSError) as error:
            raise MissingDataError(
                f"{name} of {tag} cannot be brought back: {error!r}. Expected it in {self._repository.remote}"
            ) from error
        return data

    def _forget(self, repo: Any, tag: str, name: str) -> None:
        """Drop a file from the cache of this machine, so that it comes from the remote."""
        md5 = repo.dvcfs.info(_place(tag, name))["dvc_info"]["md5"]
        Path(repo.cache.local.oid_to_path(md5)).unlink(missing_ok=True)


def _place(tag: str, name: str) -> str:
    return f"{tag.rsplit('/', 1)[0]}/{name}"


def _expect_replaceable(folder: Path) -> None:
    """Only an earlier checkout may be replaced, whose manifest marks it: other files are the user's."""
    held = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    try:
        if held:
            DatasetManifest.from_json((folder / MANIFEST).read_bytes(), MANIFEST)
    except (FileNotFoundError, DataError) as error:
        raise DataError(
            f"{folder} holds other files, which a checkout would replace. Expected an empty folder or an earlier "
            f"checkout, was {', '.join(held[:3])}: name another folder, or empty this one"
        ) from error
