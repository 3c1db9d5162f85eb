"""Great Expectations, run over a frame that is about to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dagster as dg
import pandas as pd


@dataclass(frozen=True)
class Expectation:
    """A truth about a table, named as a sentence, and the Great Expectations class that tests it."""

    name: str
    doc: str
    """The truth as the UI tells it, a sentence."""
    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """
        >>> str(Expectation("a", "", "ExpectColumnValuesToBeBetween", {"column": "gap_us", "min_value": 0}))
        'ExpectColumnValuesToBeBetween(column=gap_us, min_value=0)'
        """
        return f"{self.type}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class Finding:
    """What one expectation found in one frame."""

    name: str
    passed: bool
    observed: str


class Expectations(dg.ConfigurableResource[None]):
    """An ephemeral Great Expectations context: the suites live in code, the results in Dagster."""

    @cached_property
    def _context(self) -> Any:
        import great_expectations as gx  # ten seconds to import from cold: only runs that validate pay
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        return context

    @cached_property
    def _batches(self) -> Any:
        source = self._context.data_sources.add_pandas("frames")
        return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")

    def test(self, suite: Sequence[Expectation], frame: pd.DataFrame) -> list[Finding]:
        """Test each expectation of `suite` on `frame`, in order; an expectation that cannot be tested fails."""
        import great_expectations as gx

        batch = self._batches.get_batch({"dataframe": frame})
        classes = [getattr(gx.expectations, item.type)(**item.arguments) for item in suite]
        results = batch.validate(gx.ExpectationSuite(name="suite", expectations=classes)).results
        return [
            _finding(item, result) for item, result in zip(suite, _in_order(classes, results), strict=True)
        ]


def _in_order(classes: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    """Great Expectations groups results by its own order; bring them back to the suite's."""
    found = {_identity(result.expectation_config): result for result in results}
    return [found[_identity(expectation.configuration)] for expectation in classes]


def _identity(configuration: Any) -> tuple[str, str]:
    arguments = {name: value for name, value in configuration.kwargs.items() if name != "batch_id"}
    return configuration.type, repr(sorted(arguments.items()))


def _finding(item: Expectation, result: Any) -> Finding:
    if problem := _problem(result.exception_info or {}):
        return Finding(item.name, False, problem)
    found = result.result
    observed = found.get("observed_value", f"{found.get('unexpected_count', 0)} unexpected")
    return Finding(item.name, bool(result.success), str(observed))


def _problem(info: Mapping[Any, Any]) -> str:
    """Why it could not be tested, if so: told of the expectation itself, or of each metric that it asks."""
    told = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]) for one in told if one["raised_exception"]), "")
