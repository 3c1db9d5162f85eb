from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.download import download
from stack.interruption import interrupted
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.stack.broken_repository import CONTENT, Repository

DIGEST = sha256(CONTENT).hexdigest()


def test_a_broken_connection_is_taken_up_where_it_broke(repository: Repository, tmp_path: Path) -> None:
    repository.breaks = [100_000, 50_000]
    download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    assert (tmp_path / "thing.zip").read_bytes() == CONTENT
    assert repository.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert repository.sent == len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.zip"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(breaks=st.lists(st.integers(1, 120_000), max_size=4), had=st.integers(0, len(CONTENT)))
def test_each_byte_travels_once_however_it_breaks(
    repository: Repository, tmp_path: Path, breaks: list[int], had: int
) -> None:
    (tmp_path / "thing.zip.part").write_bytes(CONTENT[:had])  # of a process that was killed
    repository.breaks, repository.sent = list(breaks), 0
    download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    assert (tmp_path / "thing.zip").read_bytes() == CONTENT
    assert repository.sent == len(CONTENT) - had


def test_a_server_without_ranges_sends_it_all_again(repository: Repository, tmp_path: Path) -> None:
    repository.breaks, repository.knows_ranges = [100_000], False
    download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    assert (tmp_path / "thing.zip").read_bytes() == CONTENT


def test_other_bytes_are_thrown_away(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "thing.zip.part").write_bytes(b"of another version")
    with pytest.raises(SetupError, match=rf"has other bytes\. Expected sha256 {DIGEST}, was [0-9a-f]{{64}}"):
        download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    assert list(tmp_path.iterdir()) == []
    download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)


def test_what_the_server_refuses_is_one_line_at_once(repository: Repository, tmp_path: Path) -> None:
    repository.status = 401
    with pytest.raises(SetupError, match=r"thing\.zip\. Expected the file, was 401 Unauthorized$"):
        download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    assert len(repository.asked) == 1


def test_a_server_that_fails_is_asked_again_but_not_for_ever(repository: Repository, tmp_path: Path) -> None:
    repository.status = 503
    with pytest.raises(SetupError, match=r"Expected 2 tries to bring something, was 503 Service"):
        download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST, attempts=2)
    assert len(repository.asked) == 2


def test_ctrl_c_ends_it_and_keeps_what_has_come(repository: Repository, tmp_path: Path) -> None:
    repository.status = 503
    timer = threading.Timer(0.5, interrupted.set)
    timer.start()
    try:
        with pytest.raises(SetupError, match="interrupted; what has come stays"):
            download(f"{repository.url}/thing.zip", tmp_path / "thing.zip", DIGEST)
    finally:
        timer.join()
        interrupted.clear()
