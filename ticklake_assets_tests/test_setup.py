"""The set-up scripts and the Makefile, also on machines that lack something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((REPOSITORY / "stack" / "setup").glob("*.sh"))
# What the scripts may count on everywhere; no Python, no Java, no apt-get.
ESSENTIAL = [
    "bash",
    "sh",
    "env",
    "dirname",
    "cat",
    "cmp",
    "cp",
    "rm",
    "mkdir",
    "sha256sum",
    "flock",
    "id",
    "ln",
    "sleep",
    "awk",
    "find",
    "wc",
]
FAKE_UV = """#!/bin/sh
echo "$1 $2" >>log
sleep 0.3
case "$1 $2" in
  venv*) mkdir -p .venv/bin && ln -sf {python} .venv/bin/python ;;
  "pip sync")
    test ! -e broken_network || exit 1
    printf '%s\\n' "Downloading pyspark (1MiB)" "Prepared 2 packages in 1s" "Installed 2 packages in 1s" \
      "Bytecode compiled 9 files in 1s" " + numpy==2.1" " - numpy==2.0" " ~ ticklake==0.1" >&2 ;;
esac
"""


class Checkout:
    """A checkout with the real set-up scripts on a machine that has only what the test gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        shutil.copytree(REPOSITORY / "stack" / "setup", folder / "stack" / "setup")
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, folder)
        for name in ESSENTIAL:
            program = shutil.which(name)
            assert program is not None
            (self.programs / name).symlink_to(program)

    def give(self, name: str, text: str) -> Path:
        path = self.programs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def start(self, script: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / "stack" / "setup" / script],
            env={"PATH": str(self.programs), "PYTHONPATH": str(REPOSITORY), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, **environment: str) -> tuple[int, str, str]:
        with self.start(script, **environment) as process:
            output, errors = process.communicate(timeout=60)
            return process.returncode, output, errors

    def calls(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def installer(checkout: Checkout) -> Checkout:
    """A checkout whose uv is already there, and only notes what it was asked for."""
    checkout.give("python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (checkout.folder / ".uv" / "bin").mkdir(parents=True)
    shutil.copy(REPOSITORY / "stack" / "setup" / "uv.txt", checkout.folder / ".uv" / "installed")
    uv = checkout.give("../.uv/bin/uv", FAKE_UV.format(python=sys.executable))
    assert uv.exists()
    return checkout


WHOLE_SETUP = ["venv --quiet", "pip sync", "pip install"]


def test_what_takes_minutes_is_said_and_no_package_is_listed(installer: Checkout) -> None:
    _, output, errors = installer.run("venv.sh")
    assert output == ""
    assert errors.splitlines()[1:] == [
        "Downloading pyspark (1MiB)",
        "Prepared 2 packages in 1s; installing them",
        "Installed 2 packages in 1s; compiling them: two minutes on two quiet cores, ten where they are busy",
        "Bytecode compiled 9 files in 1s",
    ]


def test_a_step_that_says_nothing_for_long_gives_signs_of_life(installer: Checkout) -> None:
    script = installer.folder / "stack" / "setup" / "venv.sh"
    assert "beat=20 " in script.read_text()
    script.write_text(script.read_text().replace("beat=20 ", "beat=0.2 "))
    quiet = "sleep 0.5; echo 'Installed 2 packages in 1s' >&2; sleep 0.5"
    slow = FAKE_UV.replace('"pip sync")\n', f'"pip sync")\n    {quiet}\n')
    installer.give("../.uv/bin/uv", slow.format(python=sys.executable))
    _, output, errors = installer.run("venv.sh")
    assert output == ""
    assert re.search(r"^  still downloading, after \d+ s$", errors, re.MULTILINE)
    assert re.search(r"^  still compiling, after \d+ s: \d+ files so far$", errors, re.MULTILINE)


def test_the_environment_is_made_once(installer: Checkout) -> None:
    assert installer.run("venv.sh")[0] == 0
    assert installer.run("venv.sh") == (0, "", "")
    assert installer.calls() == WHOLE_SETUP


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_makes_it_stale(installer: Checkout, name: str) -> None:
    installer.run("venv.sh")
    with (installer.folder / name).open("a") as file:
        file.write("# changed\n")
    assert installer.run("venv.sh")[0] == 0
    assert installer.calls() == [*WHOLE_SETUP, "pip sync", "pip install"]


def test_an_interrupted_setup_is_taken_up_again(installer: Checkout) -> None:
    (installer.folder / "broken_network").touch()
    assert installer.run("venv.sh")[0] != 0
    (installer.folder / "broken_network").unlink()
    assert installer.run("venv.sh")[0] == 0
    assert installer.calls() == ["venv --quiet", "pip sync", "pip sync", "pip install"]
    assert installer.run("venv.sh") == (0, "", "")


def test_two_setups_at_once_do_the_work_once(installer: Checkout) -> None:
    with installer.start("venv.sh") as first, installer.start("venv.sh") as second:
        said = [process.communicate(timeout=60)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert installer.calls() == WHOLE_SETUP
    assert "waiting for another set-up" in "".join(said)


def make_python(version: str) -> str:
    """A Python that tells its version, and lacks every module of Debian's package python3.x-venv."""
    return f"""#!/bin/sh
case "$2" in
  *executable*) echo "{version} $0" ;;
  *-venv*) echo "python{version}-venv" ;;
  *) exit 1 ;;
esac
"""


def test_an_old_python3_gives_way_to_a_newer_one(checkout: Checkout) -> None:
    checkout.give("python3", make_python("3.9"))
    wanted = checkout.give("python3.12", make_python("3.12"))
    assert checkout.run("python.sh") == (0, f"{wanted}\n", "")


@pytest.mark.parametrize(("version", "was"), [("3.9", "was python3 is 3.9"), ("3.14", "was python3 is 3.14")])
def test_without_a_fit_python_one_line_says_so(checkout: Checkout, version: str, was: str) -> None:
    checkout.give("python3", make_python(version))
    code, output, errors = checkout.run("python.sh")
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "Expected 3.11 to 3.13, " in errors
    assert was in errors


def test_without_ensurepip_and_apt_one_line_names_the_package(checkout: Checkout) -> None:
    checkout.give("python3", make_python("3.11"))
    code, output, errors = checkout.run("uv.sh")
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert errors.endswith("cannot make virtual environments. Install the package python3.11-venv\n")


def test_java_is_printed_for_the_recipe(installer: Checkout, tmp_path: Path) -> None:
    installer.run("venv.sh")
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch()
    (home / "release").write_text('JAVA_VERSION="21.0.5"\n')
    assert installer.run("java.sh", JAVA_HOME=str(home)) == (0, f"{home}\n", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_bash_and_executable(script: Path) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


def test_make_lists_what_it_can_do() -> None:
    answer = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    promised = [
        "demo",
        "dev",
        "test",
        "test-slow",
        "lint",
        "docs",
        "bench",
        "lock",
        "clean",
        "clean-data",
        "help",
    ]
    assert [target for target in promised if not re.search(rf"^  make {target} ", answer, re.MULTILINE)] == []
