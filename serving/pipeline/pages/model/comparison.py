"""Two versions of a symbol side by side: what they were made of, what they chose and scored, how they were judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.model.verdicts import gate_lines, verdict_of
from serving.pipeline.rendering import number, signed
from serving.pipeline.sources.models import Models
from ticklake_assets.modeling.deployed.decision import NEVER
from ticklake_assets.modeling.deployed.manifest import DayRange
from ticklake_assets.storage.datasets.diff import Change, changes
from ticklake_assets.storage.models.versions import ModelVersion

NOTHING = "–"


class Pair(NamedTuple):
    """One fact of both; an empty value says that a version has it not."""

    name: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        """Not where one of them is not known."""
        return self.one != self.other and NOTHING not in (self.one, self.other)


class Group(NamedTuple):
    title: str
    pairs: list[Pair]


class Comparison(NamedTuple):
    one: ModelVersion
    other: ModelVersion
    groups: list[Group]
    dataset: Answer[list[Change]]
    """What differs between the datasets."""


def compare(models: Models, one: ModelVersion, other: ModelVersion) -> Comparison:
    left, right = (dict(_facts(models, version)) for version in (one, other))
    groups = [
        Group(title, [Pair(name, left[title].get(name, NOTHING), right[title].get(name, NOTHING))
                      for name in {**left[title], **right[title]}])
        for title in left
    ]  # fmt: skip
    return Comparison(
        one, other, [group for group in groups if group.pairs], ask(_changes, models, one, other)
    )


def _changes(models: Models, one: ModelVersion, other: ModelVersion) -> list[Change]:
    return changes(models.dataset(one), models.dataset(other))


def _facts(models: Models, version: ModelVersion) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything that is known, by group; a source that can't tell leaves its group empty."""
    verdict = verdict_of(models, version)
    yield (
        "Version",
        {
            "as of": version.as_of,
            "aliases": ", ".join(version.aliases) or NOTHING,
            "bundle": version.bundle[:12],
            "dataset": version.tags.get("dataset", NOTHING),
            "verdict": verdict.name,
        },
    )
    yield "Made of", _made_of(models, version)
    yield "Trained and tested", _tested(models, version)
    lines = gate_lines(verdict.gates) if verdict.gates else []
    yield "Gates", {line.name: f"{line.value}, {line.word}" for line in sorted(lines)}


def _made_of(models: Models, version: ModelVersion) -> dict[str, str]:
    told = ask(models.manifest, version).value
    if told is None:
        return {}
    act = told.thresholds.act
    return {
        "trained on": _span(told.windows.train),
        "validated on": _span(told.windows.validation),
        "tested on": _span(told.windows.test),
        "kernel": told.kernel_version,
        "cleaning rules": told.cleaning_rules[:12],
        "labels": told.label_version[:12],
        "costs": told.order.costs.version,
        "features": f"{len(told.features)}",
        "code": told.code,
        **{name.replace("_", " "): f"{value:.4g}" for name, value in sorted(told.parameters.items())},
        "acts from": "never" if act >= NEVER else f"{act:.4f}",
        "anomaly limit": f"{told.thresholds.anomaly:.4g}",
        "temperature": f"{told.calibration.temperature:.4g}",
    }


def _tested(models: Models, version: ModelVersion) -> dict[str, str]:
    fold = ask(models.fold, version).value
    if fold is None:
        return {}
    validated, test = fold.validation, fold.test
    return {
        "events trained on": number(fold.training.events),
        "loss on train days": f"{fold.training.train_loss:.4f}",
        "overfit gap": f"{validated.overfit_gap:+.4f}",
        "calibration error": f"{validated.calibration_error:.4f}",
        "validation net, pips": signed(validated.chosen.net_pips, 1),
        "loss on test days": f"{test.loss:.4f}",
        "test net, pips": signed(test.net_pips, 1),
        "test drawdown, pips": number(test.drawdown_pips, 1),
        "test trades": number(test.trades),
        "coverage": f"{test.coverage:.1%}",
    }


def _span(window: DayRange) -> str:
    return f"{window.first} to {window.last}"
