"""The documentation says what is so: commands, assets, settings, targets, dialects, paths and figures."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import pytest
import typer
from starlette.routing import WebSocketRoute

from mt5_bridge.cli import app as bridge
from serving.endpoint.app import create_app
from serving.endpoint.routers import stream
from ticklake_assets.cli import app as ticklake
from ticklake_assets.config_file import NAME as CONFIG_FILE
from ticklake_assets.core.quotes import LOOKBACK
from ticklake_assets.definitions import defs
from ticklake_assets.defs.clean.checks import MOST_QUARANTINED
from ticklake_assets.defs.partitions import FIRST_DAY, LOOKBACK_DAYS
from ticklake_assets.defs.raw.planning import LONGEST_RANGE, MOST_ATTEMPTS
from ticklake_assets.defs.raw.sensors import MOST_RUNS_A_LOOK
from ticklake_assets.modeling.deployed.gates import LEAST_DAYS, LEAST_TRADES
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS
from ticklake_assets.settings import Settings
from ticklake_assets.sources.dialect_files import built_in
from ticklake_assets.sources.hour_client import POLITE
from ticklake_assets.storage.raw.state import RawState
from ticklake_assets.storage.sql.library import library

REPOSITORY = Path(__file__).resolve().parent.parent
README, DOCS = REPOSITORY / "README.md", REPOSITORY / "docs"
ARCHITECTURE, COMMANDS, ENDPOINT, INDEX, SETTINGS, SQL_PAGE, TICKS, WALK_FORWARD = (
    DOCS / f"{name}.md"
    for name in ("architecture", "commands", "endpoint", "index", "settings", "sql", "ticks", "walk-forward")
)
PAGES = [
    README,
    REPOSITORY / "CHANGELOG.md",
    *sorted(page for page in DOCS.rglob("*.md") if not page.is_symlink()),
]
PROGRAMS = {"ticklake": ticklake, "ticklake-bridge": bridge}
ROOTS = [REPOSITORY, REPOSITORY / "ticklake_assets", REPOSITORY / "ticklake_assets_tests"]
"""Where a path in the text may start: the architecture speaks of `storage/gold/tables.py`."""
FOLDERS = {
    "ticklake_assets",
    "ticklake_assets_tests",
    "serving",
    "mt5_bridge",
    "bench",
    "stack",
    "docs",
    ".ci",
}
SUFFIXES = {".py", ".md", ".sh", ".toml", ".yaml", ".sql"}


class Invocation(NamedTuple):
    """A command line in the documentation."""

    page: str
    program: str
    words: list[str]


def rows(page: Path, heading: str) -> list[list[str]]:
    """Cells of the table whose first column has this heading, without the header."""
    tables = re.findall(
        rf"^\| {re.escape(heading)} \|.*\n\| ---.*\n((?:\|.*\n)+)", page.read_text(), re.MULTILINE
    )
    return [
        [cell.strip() for cell in line.strip("|").split(" |")]
        for body in tables
        for line in body.splitlines()
    ]


def first_spans(page: Path, heading: str) -> list[str]:
    """The first code span of each row's first cell."""
    return [re.findall(r"`([^`]+)`", cells[0])[0] for cells in rows(page, heading)]


def spans(page: Path) -> list[str]:
    """Code spans outside of code blocks."""
    return re.findall(
        r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    )


def shell_lines(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def command_lines() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for text in (*shell_lines(page), *spans(page)):
            try:
                yield page.name, shlex.split(text, comments=True)
            except ValueError:  # no command line: a quotation mark stands alone
                continue


def invocations(programs: set[str]) -> list[Invocation]:
    found = ((page, Path(words[0]).name, words[1:]) for page, words in command_lines() if words)
    return [Invocation(*each) for each in found if each[1] in programs and each[2]]


def commands(program: str) -> dict[str, Any]:
    """Every command by its words; a group counts where it does something by itself."""
    return dict(_commands(typer.main.get_command(PROGRAMS[program])))


def _commands(group: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if not hasattr(command, "commands"):
            yield f"{words}{name}", command
            continue
        if command.invoke_without_command:
            yield f"{words}{name}", command
        yield from _commands(command, f"{words}{name} ")


def command_of(words: list[str], known: Iterable[str]) -> str:
    """The longest command that the words start with; empty where they start with none."""
    starts = (" ".join(words[:length]) for length in range(len(words), 0, -1))
    return next((start for start in starts if start in known), "")


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@cache
def parents() -> dict[str, set[str]]:
    """The graph of days: asset key -> keys that it depends on. Upkeep stands apart from it."""
    graph = defs().resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
        if graph.get(key).group_name != "maintenance"
    }


def test_the_readme_is_short() -> None:
    """What is looked up has a page of its own."""
    assert len(README.read_text().splitlines()) <= 160


def test_the_readme_leads_to_every_page() -> None:
    led = re.findall(r"\]\(docs/([\w-]+\.md)", README.read_text())
    apart = {
        f"{name}.md" for name in ("index", "stack-nifi", "stack-spark", "stack-trino")
    }  # stack.md leads there
    assert {page.name for page in PAGES if page.parent == DOCS} - apart <= set(led)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_in_its_page(program: str) -> None:
    told = [span.split() for span in first_spans(COMMANDS, "command")]
    known = commands(program)
    assert sorted(command_of(words[1:], known) for words in told if words[0] == program) == sorted(known)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_line_can_be_typed(program: str) -> None:
    known = commands(program)
    lines = invocations({program})
    assert len(lines) >= 3
    for line in lines:
        if line.words[0] in ("--help", "--version", "--install-completion"):
            continue
        name = command_of(line.words, known)
        assert name, f"{line.page}: no command {program} {line.words[0]}"
        params = known[name].params
        options = {name: param for param in params for name in (*param.opts, *param.secondary_opts)}
        places, skip = 0, False
        for word in line.words[len(name.split()) :]:
            if word.startswith("-"):
                assert word in options, f"{line.page}: {program} {name} has no option {word}"
                skip = not getattr(options[word], "is_flag", False)
            else:
                places, skip = places + (not skip), False
        arguments = [param for param in params if param.param_type_name == "argument"]
        many = any(argument.nargs == -1 for argument in arguments)
        least = sum(argument.required for argument in arguments)
        assert many or places == 0 or least <= places <= len(arguments), (
            f"{line.page}: {' '.join(line.words)}"
        )


def test_options_are_in_the_page_of_commands() -> None:
    """Every option of `ticklake`, and those that the bridge requires."""
    text = COMMANDS.read_text()
    for program in PROGRAMS:
        for name, command in commands(program).items():
            options = [param for param in command.params if param.param_type_name == "option"]
            wanted = [option for option in options if option.required or program == "ticklake"]
            missing = [o.name for o in wanted if not any(opt in text for opt in (*o.opts, *o.secondary_opts))]
            assert missing == [], f"{program} {name}"


def test_the_table_of_assets_is_the_graph() -> None:
    assert sorted(first_spans(INDEX, "asset")) == sorted(parents())


def test_the_picture_is_the_graph() -> None:
    """Each arrow is a dependency, and each dependency is an arrow or follows from arrows."""
    picture = re.findall(r"```mermaid\n(.*?)```", README.read_text(), flags=re.DOTALL)[0]
    names = dict(re.findall(r"(\w+)\[\"([a-z_]+/[a-z_]+)\"\]", picture))
    assert sorted(names.values()) == sorted(parents())
    arrows = re.findall(r"^\s*(\w+)(?:\[.*?\])? --> (\w+)", picture, re.MULTILINE)
    drawn: dict[str, set[str]] = {key: set() for key in parents()}
    for tail, head in arrows:
        if tail in names and head in names:
            drawn[names[head]].add(names[tail])
    assert {key: heads - parents()[key] for key, heads in drawn.items() if heads - parents()[key]} == {}

    def above(key: str) -> set[str]:
        return drawn[key].union(*(above(parent) for parent in drawn[key]))

    assert {key: up - above(key) for key, up in parents().items() if up - above(key)} == {}


def test_every_setting_is_in_its_page_once_with_its_default() -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(SETTINGS, "variable")}
    assert len(told) == len(rows(SETTINGS, "variable"))
    made = {
        f"TICKLAKE_{name.upper()}": "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert told == made


def test_no_page_names_a_setting_that_is_not() -> None:
    known = {f"TICKLAKE_{name.upper()}" for name in Settings.model_fields}
    assert {name for page in PAGES for name in re.findall(r"TICKLAKE_[A-Z0-9_]+", page.read_text())} <= known


def test_every_make_target_is_in_the_page_of_commands() -> None:
    told = [span.removeprefix("make ") for span in first_spans(COMMANDS, "target")]
    assert sorted(told) == sorted(targets())


def test_every_make_target_that_is_named_exists() -> None:
    named = {line.words[0] for line in invocations({"make"})}
    assert {"demo", "test", "dev"} <= named
    assert named <= set(targets())


def test_every_dialect_is_in_the_page_of_ticks_with_its_header() -> None:
    told = {cells[0].strip("`"): re.findall(r"`([^`]+)`", cells[1])[0] for cells in rows(TICKS, "dialect")}
    assert told == {dialect.name: dialect.shown_header.removeprefix("(none) ") for dialect in built_in()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        where = page.parent / path if path else page
        assert where.exists(), target
        assert not anchor or anchor in anchors(where), target


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page: Path) -> None:
    words = [span for span in spans(page) if re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", span)]
    paths = [word for word in words if Path(word).suffix in SUFFIXES or word.split("/")[0] in FOLDERS]
    paths = [path for path in paths if path != CONFIG_FILE]  # the user's, not the repository's
    missing = [path for path in paths if not any(list(root.glob(path.rstrip("/"))) for root in ROOTS)]
    assert missing == []


def contract(name: str) -> list[set[str]]:
    """The layers of an import-linter contract from the bottom up; those of one level do not import each other."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    (found,) = (each for each in settings["contracts"] if each["name"] == name)
    return [{layer.strip() for layer in level.split("|")} for level in reversed(found["layers"])]


def test_the_layers_in_the_architecture_are_those_of_the_contract() -> None:
    """Each has a row and each row is one, from the bottom up."""
    told = [span.removesuffix(".py") for span in first_spans(ARCHITECTURE, "layer")]
    for level in contract("Layers of ticklake_assets"):
        here, told = told[: len(level)], told[len(level) :]
        assert sorted(here) == sorted(level)
    assert told == []


def test_the_rooms_in_the_architecture_are_those_of_the_contracts() -> None:
    """A row a level, from the bottom up."""
    told = [re.findall(r"`([^`]+)`", cells[0]) for cells in rows(ARCHITECTURE, "rooms")]
    held = [
        {f"{package}/{room}" for room in level}
        for package in ("storage", "modeling")
        for level in contract(f"Rooms of {package}")
    ]
    assert [{room.removesuffix(".py") for room in level} for level in told] == held


def test_the_endpoints_calls_are_in_its_page(tmp_path: Path) -> None:
    told = [span.split()[1].strip(",") for span in first_spans(ENDPOINT, "call")]
    streams = [route.path for route in stream.router.routes if isinstance(route, WebSocketRoute)]
    assert sorted(told) == sorted([*create_app(Settings(home=tmp_path)).openapi()["paths"], *streams])


def test_the_sensors_states_are_in_the_architecture() -> None:
    states = {field.name for field in fields(RawState)} - {"objects", "strangers"}
    assert set(first_spans(ARCHITECTURE, "state")) == states


def test_the_library_of_sql_is_in_its_page() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows(SQL_PAGE, "query")}
    assert told == {file.name: file.doc for file in library()}


def test_jobs_and_sensors_in_the_architecture_exist() -> None:
    repository: dg.RepositoryDefinition = defs().get_repository_def()
    names = {*repository.job_names, *(sensor.name for sensor in repository.sensor_defs)}
    assert {"raw_arrivals", "raw_to_gold", "reseal_raw", "sweep_clean", "keep_up_gold"} <= names & set(
        spans(ARCHITECTURE)
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of `make docs`; --strict makes a warning, like one of a dead link, an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    answer = subprocess.run(command, cwd=REPOSITORY, env=quiet, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")
    return folder


def test_the_site_has_every_page(site: Path) -> None:
    pages = [page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")]
    assert [page for page in pages if not (site / page).is_file()] == []


def test_the_site_loads_nothing_from_another_host(site: Path) -> None:
    """A page may lead elsewhere (`a`), and the theme's script names two hosts: it asks one of them for Mermaid where a
    page has a diagram of it, the other in browsers of before 2020."""
    elsewhere = r"""<(?!a\s)\w+[^>]*\s(?:src|href|data|action)=["']?(?:https?:)?//[^>]*>"""
    sheets = r"""(?:url\(|@import)\s*["']?(?:https?:)?//[^;]*"""
    found = {
        page.relative_to(site): loaded
        for pattern, suffix in ((elsewhere, "html"), (sheets, "css"), (sheets, "html"))
        for page in site.rglob(f"*.{suffix}")
        if (loaded := re.findall(pattern, page.read_text()))
    }
    assert found == {}
    assert [
        page for page in site.rglob("*.html") if re.search(r'class="[^"]*\bmermaid\b', page.read_text())
    ] == []


FIGURES = {
    WALK_FORWARD: [f"fewer than {LEAST_DAYS} open test days or {LEAST_TRADES} trades"],
    TICKS: [f"at most {POLITE.requests_per_second:.0f} requests a second"],
    ARCHITECTURE: [
        f"contiguous days, at most {LONGEST_RANGE} a run",
        f"launches at most {MOST_RUNS_A_LOOK} builds",
        f"A range that failed {MOST_ATTEMPTS} times",
        f"More than {MOST_QUARANTINED:.0%} in quarantine".replace("%", " %"),
        f"at most {LOOKBACK} distinct rows before it",
        f"up to {LOOKBACK_DAYS} days together",
        f"at least {LEAST_OPENINGS}.",
        f"up to {POLITE.attempts} attempts",
    ],
    DOCS / "decisions/0002-partitions-and-look-back.md": [
        f"daily from {FIRST_DAY}",
        f"one mapping of {LOOKBACK_DAYS} calendar days",
    ],
}


@pytest.mark.parametrize("page", FIGURES, ids=lambda page: page.name)
def test_figures_are_those_of_the_code(page: Path) -> None:
    text = " ".join(page.read_text().split())
    assert [figure for figure in FIGURES[page] if figure not in text] == []
