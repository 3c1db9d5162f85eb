from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.files import create_file, grown_file, hold_alone, locked, replace_file, sync_folder
from ticklake_assets_tests.small_disks import as_another_user, disk_that_takes

WRITES = {"create": create_file, "replace": replace_file}
NEW = b"new" * 30_000

CREATE_ALL = """
import sys
from pathlib import Path
from ticklake_assets.files import create_file
sys.stdin.readline()
for number in range(40):
    try:
        create_file(Path(sys.argv[1]) / str(number), sys.argv[2].encode() * 100_000)
        print(number)
    except FileExistsError:
        pass
"""

STEPS = """
import os, sys
from pathlib import Path
from ticklake_assets import files
path, last, how = Path(sys.argv[1]), int(sys.argv[3]), sys.argv[4]
os.umask(0)
steps, is_looking = 0, False
def look(event, arguments):
    global steps, is_looking
    is_ours = event in ("open", "os.mkdir", "os.link", "os.rename", "os.remove") and arguments
    if not is_ours or is_looking or str(path.parent) not in str(arguments[0]):
        return
    is_looking = True
    print(*(f"{entry.name} {entry.stat().st_mode & 0o777:o}" for entry in path.parent.glob(".*")), flush=True)
    is_looking = False
    steps += 1
    if steps == last and how == "kill":
        os.kill(os.getpid(), 9)
    if steps == last and event != "os.remove":
        raise OSError(5, "told to fail")
sys.addaudithook(look)
try:
    getattr(files, sys.argv[2])(path, b"new" * 30_000, private=True)
    print("done")
except OSError as error:
    print("refused", error)
"""

HOLD = """
import sys
from pathlib import Path
from ticklake_assets.files import locked
with locked(Path(sys.argv[1]), lambda: print("waiting", flush=True), shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def stepwise(path: Path, write: str, last: int, how: str) -> list[str]:
    """Write `NEW` in another process that ends at its step `last` on the disk; what it saw there, step by step."""
    command = [sys.executable, "-c", STEPS, str(path), f"{write}_file", str(last), how]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


@pytest.mark.parametrize("write", WRITES)
def test_a_file_is_written_and_nothing_else_is_left(tmp_path: Path, write: str) -> None:
    path = tmp_path / "a" / "b" / "file"
    status = WRITES[write](path, b"content")
    assert path.read_bytes() == b"content"
    assert (status.st_ino, status.st_size) == (path.stat().st_ino, 7)
    assert names(tmp_path) == ["file"]


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(WRITES)), st.sampled_from("ab"), st.binary(max_size=9), st.booleans()
        )
    )
)
def test_files_hold_what_was_written_last(writes: list[tuple[str, str, bytes, bool]]) -> None:
    with TemporaryDirectory() as name:
        folder, expected = Path(name), dict[str, bytes]()
        for write, file, data, has_aside in writes:
            aside = folder / "aside" if has_aside else None
            if write == "create" and file in expected:
                with pytest.raises(FileExistsError, match=re.escape(str(folder / file))):
                    create_file(folder / file, data, aside=aside)
            else:
                WRITES[write](folder / file, data, aside=aside)
                expected[file] = data
            assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == expected
        assert names(folder) == sorted(expected)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("name", ["x" * 255, "\N{HOCHO}" * 63], ids=["letters", "signs of four bytes"])
def test_a_name_as_long_as_the_disk_takes_is_taken(tmp_path: Path, write: str, name: str) -> None:
    WRITES[write](tmp_path / name, b"content")
    assert names(tmp_path) == [name]


def test_an_open_file_and_a_hard_link_keep_what_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"one")
    (tmp_path / "link").hardlink_to(path)
    with path.open("rb") as before:
        replace_file(path, b"two")
        assert before.read() == b"one"
    assert (tmp_path / "link").read_bytes() == b"one"
    assert path.read_bytes() == b"two"


def test_of_processes_that_create_at_once_one_wins_and_nobody_reads_half_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CREATE_ALL, str(tmp_path)]
    creators = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in "xyz"
    ]
    for creator in creators:
        assert creator.stdin
        creator.stdin.write("\n")
        creator.stdin.flush()
    while any(creator.poll() is None for creator in creators):
        for path in tmp_path.glob("[0-9]*"):
            assert path.read_bytes() in {name * 100_000 for name in (b"x", b"y", b"z")}
    won = [creator.communicate()[0].split() for creator in creators]
    assert sorted(int(number) for each in won for number in each) == list(range(40))
    for name, numbers in zip("xyz", won, strict=True):
        assert {(tmp_path / number).read_text() for number in numbers} <= {name * 100_000}
    assert len(names(tmp_path)) == 40


def test_readers_see_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {bytes([number]) * 300_000 for number in range(50)}
    replace_file(path, min(contents))

    def replace() -> None:
        for content in contents:
            replace_file(path, content)

    writers = [threading.Thread(target=replace) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert path.read_bytes() in contents
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("write", WRITES)
def test_whatever_step_a_kill_comes_at_the_file_is_the_old_one_or_the_new_one(
    tmp_path: Path, write: str
) -> None:
    path = tmp_path / "file"
    outcomes = set()
    for last in count(1):
        path.unlink(missing_ok=True)
        if write == "replace":
            path.write_bytes(b"old")
        said = stepwise(path, write, last, "kill")
        outcomes.add(path.read_bytes() if path.exists() else None)
        if "done" in said:
            break
    assert last > 4
    assert outcomes == {NEW, b"old" if write == "replace" else None}


@pytest.mark.parametrize("write", WRITES)
def test_whatever_step_fails_nothing_but_the_file_is_left(tmp_path: Path, write: str) -> None:
    path = tmp_path / "file"
    refused = 0
    for last in count(1):
        path.unlink(missing_ok=True)
        said = stepwise(path, write, last, "fail")
        assert names(tmp_path) in ([], ["file"])
        refused += f"refused [Errno 5] told to fail: '{path}'" in said
        if "done" in said and len(said) <= last:
            break
    assert refused > 2


@pytest.mark.parametrize("write", WRITES)
def test_a_private_file_is_its_owners_alone_at_every_moment(tmp_path: Path, write: str) -> None:
    path = tmp_path / "a" / "b" / "file"
    seen = stepwise(path, write, 0, "")
    temporary = [line.split() for line in seen if line.startswith(".")]
    assert temporary
    assert {mode for _, mode in temporary} == {"600"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o777


def test_a_private_file_takes_the_place_of_one_that_all_could_read(tmp_path: Path) -> None:
    path, usual = tmp_path / "file", os.umask(0o022)
    replace_file(path, b"for all")
    os.umask(usual)
    assert path.stat().st_mode & 0o044
    replace_file(path, b"for me", private=True)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", WRITES)
def test_a_full_disk_is_named_and_leaves_what_was_there(tmp_path: Path, write: str) -> None:
    path = tmp_path / "file"
    if write == "replace":
        path.write_bytes(b"old")
    for aside in (None, tmp_path):
        refused = rf"File too large: '{re.escape(str(path))}'"
        with disk_that_takes(1_000), pytest.raises(OSError, match=refused):
            WRITES[write](path, NEW, aside=aside)
    assert names(tmp_path) == (["file"] if write == "replace" else [])
    assert write == "create" or path.read_bytes() == b"old"


@pytest.mark.parametrize("write", WRITES)
def test_a_file_in_the_place_of_a_folder_is_not_taken_for_the_file(tmp_path: Path, write: str) -> None:
    (tmp_path / "folder").write_bytes(b"in the way")
    for path in (tmp_path / "folder" / "file", tmp_path / "folder" / "a" / "file"):
        with pytest.raises(NotADirectoryError, match=re.escape(str(path))):
            WRITES[write](path, b"content")


def test_a_file_that_grows_has_no_name_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    with grown_file(path) as place:
        place.write_bytes(NEW)
        assert not path.exists()
    assert (path.read_bytes(), names(path.parent)) == (NEW, ["file"])
    for failure in (ValueError, KeyboardInterrupt):
        with pytest.raises(failure):
            grow(path, b"half", failure)
    assert (path.read_bytes(), names(path.parent)) == (NEW, ["file"])
    with disk_that_takes(1_000), pytest.raises(OSError, match=rf"File too large: '{re.escape(str(path))}'"):
        grow(path, NEW)
    assert (path.read_bytes(), names(path.parent)) == (NEW, ["file"])


def test_a_librarys_error_without_a_number_keeps_its_words(tmp_path: Path) -> None:
    """PyArrow's of what is read meanwhile; with a number it is the disk's of what is written."""
    with pytest.raises(OSError, match="the input is damaged"), grown_file(tmp_path / "file"):
        raise OSError("the input is damaged")
    assert names(tmp_path) == []


def grow(path: Path, content: bytes, failure: type[BaseException] | None = None) -> None:
    with grown_file(path) as place:
        place.write_bytes(content)
        if failure:
            raise failure


def test_a_folder_that_may_be_written_and_not_read_takes_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o333)
    for parent in (tmp_path, *tmp_path.parents):
        if parent == Path(gettempdir()):
            break
        parent.chmod(parent.stat().st_mode | 0o011)
    with as_another_user():
        create_file(folder / "file", b"content")
    folder.chmod(0o700)
    assert names(folder) == ["file"]


def test_a_folder_that_is_tidied_away_meanwhile_is_made_again(tmp_path: Path) -> None:
    folder, failures = tmp_path / "a" / "b", list[OSError]()

    def come_and_go(name: str) -> None:
        for _ in range(60):
            try:
                create_file(folder / name, b"content", aside=tmp_path / "aside")
            except OSError as error:
                failures.append(error)
                return
            (folder / name).unlink()
            with suppress(OSError):
                folder.rmdir()
                folder.parent.rmdir()

    visitors = [threading.Thread(target=come_and_go, args=(name,)) for name in "xyz"]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert failures == []
    assert names(tmp_path) == []


def test_a_folder_is_synced_and_no_other_thing(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    sync_folder(Path("/proc"))  # it answers EINVAL, as other file systems without such a call
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "absent")


@pytest.mark.skipif(not shutil.which("strace"), reason="only strace sees what reaches the disk when")
def test_the_content_is_on_the_disk_before_the_name_and_the_name_on_return(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = """
import sys
from pathlib import Path
from ticklake_assets.files import create_file, replace_file
create_file(Path(sys.argv[1], "new", "file"), b"one")
replace_file(Path(sys.argv[1], "new", "file"), b"two", aside=Path(sys.argv[1]))
"""
    command = ["strace", "-y", "-o", str(trace), "-e", "trace=mkdir,write,fsync,link,rename"]
    made = subprocess.run(
        [*command, sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("nobody may trace here")
    calls = [
        line for line in trace.read_text().splitlines() if str(tmp_path) in line and "EEXIST" not in line
    ]
    names_of = [line.partition("(")[0] for line in calls]
    whole = ["write", "fsync"]
    assert names_of[:4] == ["mkdir", *whole, "link"]
    assert names_of[4:6] == ["fsync", "fsync"], "the new folder, and the one that it is in"
    assert names_of[6:] == [*whole, "rename", "fsync"]
    assert f"{tmp_path}/new>" in calls[-1]


class Holder:
    """Another process that asks for the lock, and holds it until it is told to let go."""

    def __init__(self, file: Path, how: str = "alone") -> None:
        command = [sys.executable, "-c", HOLD, str(file), how]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> None:
        self.process.communicate("\n", timeout=30)


def test_a_second_process_says_that_it_waits_and_has_the_lock_once_the_first_let_go(tmp_path: Path) -> None:
    file = tmp_path / "new" / "some.lock"
    with locked(file):
        second = Holder(file)
        assert second.says() == "waiting"
    assert second.says() == "held"
    second.let_go()


def test_a_lock_ends_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    file, waits = tmp_path / "some.lock", []
    first = Holder(file)
    assert first.says() == "held"
    first.process.kill()
    first.process.communicate()
    with locked(file, lambda: waits.append("waiting")):
        assert not waits


def test_who_shares_a_lock_can_wait_for_all_others_to_let_go(tmp_path: Path) -> None:
    file, waits = tmp_path / "some.lock", []
    with locked(file, shared=True) as lock:
        other = Holder(file, "shared")
        assert other.says() == "held"

        def waiting() -> None:
            waits.append("waiting")
            other.let_go()

        hold_alone(lock, waiting)
        assert waits == ["waiting"]
        late = Holder(file, "shared")
        assert late.says() == "waiting"
    assert late.says() == "held"
    late.let_go()
