"""The board of a symbol and as-of day: each step's state, by what Dagster last made of it and what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from serving.pipeline.sources.dagster import UNDER_WAY


class Stage(NamedTuple):
    name: str
    assets: tuple[str, ...]
    about: str


STAGES = (
    Stage("Data", ("gold/features", "gold/labels"), "the newest day that the as-of day may see, in gold"),
    Stage("Dataset", ("dataset/training",), "its days frozen, each with its sha256"),
    Stage("Train", ("model/trained",), "anomaly and pattern models, tuned on the training days alone"),
    Stage("Validate", ("model/validated",), "thresholds chosen on the validation days; the bundle"),
    Stage("Test", ("model/tested",), "the bundle on days that nothing has seen, once"),
    Stage("Walk-forward", ("report/walk_forward",), "the chain of folds judged by every gate"),
    Stage("Deploy", ("deploy/endpoint",), "to the endpoint: to trade if every gate passed, else as a shadow"),
)
GOLD = STAGES[0].assets
LAUNCHED = tuple(asset for stage in STAGES[1:] for asset in stage.assets)
"""Steps of an as-of day; gold is of days, and made from the pages of data."""
FOLD = ("dataset/training", "model/trained", "model/validated", "model/tested")
_TONES = {"done": "good", "running": "warn", "waiting": "warn", "failed": "bad", "outdated": "warn"}


@dataclass(frozen=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True)
class Step:
    asset: str
    state: str
    """`not yet`, `waiting`, `running`, `failed`, `outdated` or `done`."""
    run_id: str
    """Of the run that it is about; empty before the first."""
    at: datetime | None
    seconds: float | None
    facts: tuple[Fact, ...]
    why: tuple[str, ...] = ()
    """Of an outdated one: what is newer."""

    @property
    def tone(self) -> str:
        return _TONES.get(self.state, "dim")


def steps(latest: Mapping[str, Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> dict[str, Step]:
    """By asset. `runs` are those of the partition, the newest first: what was not made yet is what they say."""
    found = {}
    for asset, told in latest.items():
        mine = [run for run in runs if asset in run["assets"]]
        found[asset] = _step(asset, told, mine[0] if mine else None)
    return found


def _step(asset: str, told: Mapping[str, Any], run: Mapping[str, Any] | None) -> Step:
    made = told["at"]
    at = datetime.fromtimestamp(int(made["timestamp"]) / 1000, UTC) if made else None
    state, run_id = "done" if made else "not yet", made["runId"] if made else ""
    if made and told["stale"] == "STALE":
        state = "outdated"
    if run is not None and run["runId"] != run_id and (at is None or _began(run) > at.timestamp()):
        if run["status"] in UNDER_WAY:
            state, run_id = ("running" if run["status"] == "STARTED" else "waiting"), run["runId"]
        elif run["status"] in ("FAILURE", "CANCELED"):
            state, run_id = "failed", run["runId"]
    times = made["stepStats"] if made else None
    seconds = (
        times["endTime"] - times["startTime"] if times and times["endTime"] and times["startTime"] else None
    )
    facts = tuple(fact for each in made["metadataEntries"] if (fact := _fact(each))) if made else ()
    why = tuple(told["causes"]) if state == "outdated" else ()
    return Step(asset, state, run_id, at, seconds, facts, why)


def _began(run: Mapping[str, Any]) -> float:
    return float(run["startTime"] or run["creationTime"] or 0)


def _fact(entry: Mapping[str, Any]) -> Fact | None:
    """What is said in a line; tables and plots are for Dagster's own page."""
    for key in ("text", "intRepr", "intValue", "floatValue", "boolValue", "path", "url"):
        if key in entry and entry[key] is not None:
            value = entry[key]
            shown = f"{value:.6g}" if isinstance(value, float) else str(value)
            return Fact(str(entry["label"]).removeprefix("dagster/").replace("_", " "), shown)
    return None


def error_of(run: Mapping[str, Any]) -> tuple[str, str]:
    """Our own sentence, which stands at the end of the chain of causes, and the trace."""
    for event in reversed(run["eventConnection"]["events"]):
        error = event.get("error")
        if not error:
            continue
        causes = [each["message"] for each in error["causes"] or ()]
        said = (causes[-1] if causes else error["message"]).strip()
        name, _, rest = said.partition(": ")
        sentence = rest if rest and "." in name and " " not in name else said
        return sentence, "".join([error["message"], *error["stack"], *causes])
    return "", ""


def messages(run: Mapping[str, Any]) -> list[tuple[datetime, str, str, str]]:
    """Time, step, level and text of its events that say something."""
    found = []
    for event in run["eventConnection"]["events"]:
        if event.get("message"):
            at = datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC)
            found.append((at, event["stepKey"] or "", event["level"], event["message"]))
    return found


def moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None
