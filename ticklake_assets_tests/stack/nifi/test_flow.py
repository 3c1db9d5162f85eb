"""The flow definition, without a NiFi: what a reader of it must be able to rely on."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stack.nifi.flow import DEFINITION
from stack.nifi.parameters import flow_values
from ticklake_assets.core.day_files import parse_raw_key
from ticklake_assets.core.landing_folders import NIFI_FLOW, REFUSED, TAKEN, WAITING
from ticklake_assets.storage.replication import nifi as replication_nifi
from ticklake_assets_tests.commands.test_landing import make_settings

FLOW = json.loads(DEFINITION.read_text())
CONTENTS = FLOW["flowContents"]
PROCESSORS: dict[str, Any] = {entry["name"]: entry for entry in CONTENTS["processors"]}


def test_the_names_are_those_that_the_status_looks_for() -> None:
    assert CONTENTS["name"] == CONTENTS["parameterContextName"] == NIFI_FLOW
    assert [entry["name"] for entry in CONTENTS["connections"]] == list(replication_nifi.QUEUES)
    assert replication_nifi.DELIVERED in PROCESSORS


def test_the_folders_are_those_of_landing() -> None:
    folders = [
        PROCESSORS["List landing"]["properties"]["Input Directory"],
        PROCESSORS["Fetch and move to done"]["properties"]["Move Destination Directory"],
        PROCESSORS["Keep in conflict"]["properties"]["Directory"],
    ]
    starts = [f"#{{landing.folder}}/{folder}" for folder in (WAITING, TAKEN, REFUSED)]
    assert all(folder.startswith(start) for folder, start in zip(folders, starts, strict=True))


def test_every_parameter_is_given_and_no_secret_is_written_down(tmp_path: Any) -> None:
    (context,) = FLOW["parameterContexts"].values()
    plain = {entry["name"] for entry in context["parameters"] if not entry["sensitive"]}
    secret = {entry["name"] for entry in context["parameters"] if entry["sensitive"]}
    assert plain == set(flow_values(make_settings(tmp_path, lake_url="s3://lake")))
    assert secret == {"s3.access.key", "s3.secret.key"}
    assert not any("value" in entry for entry in context["parameters"] if entry["sensitive"])
    assert set(re.findall(r"#\{([^}]+)\}", json.dumps(CONTENTS))) == plain | secret


@pytest.mark.parametrize(
    "path",
    [
        "EURUSD/2024/01/EURUSD_2024-01-15.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.r2.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.r10.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.r1.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.r02.csv",
        "EURUSD/2024/01/EURUSD_2024-02-15.csv",
        "EURUSD/2024/01/GBPUSD_2024-01-15.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.csv.part",
        "EURUSD/2024/EURUSD_2024-01-15.csv",
        "eurusd/2024/01/eurusd_2024-01-15.csv",
    ],
)
def test_the_flow_takes_the_names_that_the_lake_knows(path: str) -> None:
    """NiFi's filter is a regular expression of its own: the same as ours, but for days that no calendar has."""
    expression = PROCESSORS["Take days only"]["properties"]["day"]
    pattern = re.search(r"matches\('(.*)'\)", expression)[1].replace("\\\\", "\\")  # type: ignore[index]
    assert bool(re.fullmatch(pattern, path)) == (parse_raw_key(f"raw/ticks/{path}") is not None)
