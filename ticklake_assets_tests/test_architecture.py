"""The shape of the code: layers, sizes, names, and what no file may contain."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from statistics import median

from ticklake_assets.core.bundle_files import CARD

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("ticklake_assets", "serving", "ticklake_client", "mt5_bridge", "stack")


def files(*patterns: str) -> list[Path]:
    """Everything that is or may become tracked, so that a test speaks before the commit does."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    paths = (REPOSITORY / name for name in sorted(set(names.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def product_files() -> list[Path]:
    return files(*(f"{package}/**.py" for package in PACKAGES))


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def places(pattern: str, paths: list[Path]) -> list[str]:
    """Each `file:line: text` that the pattern is found in."""
    found = re.compile(pattern)
    return [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:160]}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if found.search(line)
    ]


def test_layers_are_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_files_are_small() -> None:
    sizes = {path: lines_of(path) for path in product_files() if path.name != "__init__.py"}
    assert median(sizes.values()) < 100
    everything = {path: lines_of(path) for path in files("**.py", "**.sh", "**.ts", "**.js", "**.mq5")}
    assert {str(path): size for path, size in everything.items() if size > 400} == {}


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}
    assert [path for path in files("**.py") if drawers & {path.stem, path.parent.name}] == []


def test_package_files_are_empty() -> None:
    """But for those of `research` and the client, whose names users import."""
    own = {
        REPOSITORY / f"{package}/__init__.py" for package in ("ticklake_assets/research", "ticklake_client")
    }
    assert [path for path in files("**__init__.py") if path.read_text() and path not in own] == []


def test_the_environment_is_read_in_one_place() -> None:
    """But for JAVA_HOME and PATH, which `java.py` reads, the files that `environment.py` and `config_file.py` take,
    and what every look at a symbol needs (docs/decisions/0014-costs-are-a-profile.md): the cost profile, the
    user's own instruments, and the home that both may lie in. The bridge, which knows no settings, reads one by itself.

    Setting a variable for a child is no reading.
    """
    readers = {
        "settings.py",
        "java.py",
        "environment.py",
        "config_file.py",
        "cost_profile.py",
        "market_tables.py",
        "home_files.py",
    }
    bridge = REPOSITORY / "mt5_bridge/people/notices.py"
    elsewhere = [path for path in product_files() if path.name not in readers and path != bridge]
    reading = (
        r"\bos\.getenv\b|\bos\.environ\.(get|items)\b|\bin os\.environ\b|\bos\.environ\[[^]]+\](?!\s*=[^=])"
    )
    assert places(f"{reading}|from os import", elsewhere) == []


def test_a_file_is_written_in_one_way() -> None:
    """A reader sees all of it, a power cut leaves the old one: see `ticklake_assets/files.py`."""
    others = {
        "ticklake_assets/files.py",
        "mt5_bridge/files.py",  # its copy, as the bridge knows no ticklake_assets
        "mt5_bridge/append_log.py",  # a journal grows line by line
        "mt5_bridge/commands/replay.py",  # --json names any file, a pipe, too
        "ticklake_assets/storage/datasets/dvc_repository.py",  # a new repository is moved to its place whole
        "ticklake_assets/storage/replication/landing_folder.py",  # moves files, and writes none
        "ticklake_assets/storage/datasets/freeze.py",  # what lies in a folder that nobody else knows
        "ticklake_assets/resources/mlflow_model.py",  # likewise
        "ticklake_assets/modeling/report/page.py",  # its docstring shows a user's script
        "serving/endpoint/journal/day_journal.py",  # a journal grows frame by frame
        "serving/pipeline/access/audit.py",  # a log grows line by line
        "stack/windows.py",  # a folder that nobody runs from before it is whole
        "stack/spark_jars.py",  # a folder is moved to its place whole
    }
    own_way = r"\.write_(text|bytes)\(|\.fsync\(|\bos\.(link|replace)\(|hardlink_to\(|mkstemp|O_EXCL"
    written = {place.partition(":")[0] for place in places(own_way, product_files())}
    assert written - others == set()


def test_tests_use_the_real_things() -> None:
    everything_else = [path for path in files("ticklake_assets_tests/**.py") if path != Path(__file__)]
    assert places(r"unittest\.mock|import mock|monkeypatch\.set(attr|item)", everything_else) == []


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    registry = r"(pypi|pythonhosted|npmjs|crates|maven|debian|golang)\.(org|com|io)"
    machine = r"(?<![\w.:/-])/(home|root|Users|work)/\w"
    text_files = [path for path in files() if b"\0" not in path.read_bytes()[:8000]]
    assert places(f"{registry}|{machine}", text_files) == []


def test_only_pages_that_exist_are_cited() -> None:
    """A page in the text of any file is in the repository; so is a heading behind it: (docs/trials.md, The ledger)."""
    pages = {path.name: path for path in files("**.md")}
    text_files = [
        path for path in files() if path.suffix != ".lock" and b"\0" not in path.read_bytes()[:8000]
    ]
    missing = []
    for path in text_files:
        text = path.read_text()
        cited = re.findall(r"([\w./-]*[\w-]\.md)\b(?!\()", text)
        cited = [page for page in cited if not page.endswith(CARD)]  # a file that a bundle holds, no page
        missing += [(path.name, page) for page in cited if Path(page).name not in pages]
        for page, heading in re.findall(r"\(docs/([\w-]+\.md), ([^)`]+)\)", text):
            if not re.search(rf"^#+ {re.escape(heading)}$", pages[page].read_text(), re.MULTILINE):
                missing.append((path.name, f"{page}, {heading}"))
    assert missing == []
