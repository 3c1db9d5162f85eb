"""Values as Dagster's UI shows them; what is stored in the lake is never shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from ticklake_assets.core.rounding import rounded
from ticklake_assets.modeling.deployed.gates import GateRow
from ticklake_assets.modeling.judging.benchmarks import Benchmark
from ticklake_assets.modeling.trading.abstaining import Abstaining


def sentences(told: Iterable[str]) -> str:
    """Text that wraps, in place of a list that the UI hides or cuts off."""
    return "; ".join(told) or "none"


def failures_metadata(observed: Mapping[str, str]) -> dg.MetadataValue:
    """What was observed on each partition that failed."""
    if not observed:
        return dg.MetadataValue.text("none")
    return dg.MetadataValue.table(
        [dg.TableRecord({"partition": key, "observed": found}) for key, found in observed.items()]
    )


def gates_metadata(gates: Sequence[GateRow]) -> dg.MetadataValue:
    """The gates, few columns and the long one last: that one wraps, so nothing is cut off at the right.

    A gate that holds back says in plain words what that means, the others why they are there.
    """
    words = {True: "yes", False: "no", None: "unknown"}
    rows = [
        {"passed": words[row.passed], "gate": row.name, "finding": f"{_found(row)}: {_told(row)}"}
        for row in gates
    ]
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows])


def abstaining_metadata(done: Abstaining) -> dg.MetadataValue:
    """What each reason to abstain held back, and what those orders would have made."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    "reason": each.reason,
                    "events": each.events,
                    "orders": each.orders,
                    "net_pips": rounded(each.net_pips),
                }
            )
            for each in done.reasons
        ]
    )


def benchmarks_metadata(benchmarks: Sequence[Benchmark]) -> dg.MetadataValue:
    """What no skill would have earned, and the share of draws that did at least as well."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    "benchmark": each.name,
                    "net_pips": rounded(each.net_pips),
                    "at_least_as_well": rounded(each.at_least_as_well),
                }
            )
            for each in benchmarks
        ]
    )


def _told(row: GateRow) -> str:
    return row.sentence if row.holds_back else row.reason


def _found(row: GateRow) -> str:
    value = "not measured" if row.value is None else f"{row.value:.4g}"
    return f"{value}, expected {row.threshold}"
