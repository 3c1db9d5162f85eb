"""What is installed: the lock answers pyproject.toml, and the light extras stay light."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def locked() -> dict[str, str]:
    text = (REPOSITORY / "requirements.lock").read_text()
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.M)
    }


def test_every_locked_package_has_hashes_and_no_address() -> None:
    text = (REPOSITORY / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 200
    assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_answers_the_project_file() -> None:
    versions = locked()
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    wanted += [line for lines in project["optional-dependencies"].values() for line in lines]
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement}, locked {version}: run `make lock`"


SIMULATED = ("mt5_bridge.simulated.", "mt5_bridge.backtest.", "mt5_bridge.replay.simulated_desk")


def test_base_bridge_and_client_import_without_the_heavy_libraries() -> None:
    """Law of the packaging: a trader's machine gets the bridge without Dagster, Spark or pyarrow."""
    heavy = [
        "dagster",
        "pyspark",
        "pyarrow",
        "numpy",
        "numba",
        "pandas",
        "polars",
        "duckdb",
        "mlflow",
        "dvc",
        "boto3",
        "fastapi",
        "psutil",
        "cryptography",
    ]
    probe = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({heavy}))  # None: importing it fails
import mt5_bridge, ticklake_assets.cli, ticklake_client
for package in (mt5_bridge, ticklake_client):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:  # a simulated terminal's ticks are numpy's, as the vendor's are
            if error.name != "numpy" or not module.name.startswith({SIMULATED}):
                raise
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
