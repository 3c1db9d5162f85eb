from __future__ import annotations

import dagster as dg

from ticklake_assets.defs.metadata import failures_metadata, gates_metadata, sentences
from ticklake_assets.modeling.deployed.gates import GATES, evaluate


def test_a_gate_is_read_from_left_to_right_and_the_long_column_is_the_last() -> None:
    values: dict[str, float | None] = {gate.name: 1.0 for gate in GATES} | {"coverage": None}
    table = gates_metadata(evaluate(values).rows)
    assert isinstance(table, dg.TableMetadataValue)
    rows = {str(record.data["gate"]): record.data for record in table.records}
    assert list(rows["trades"]) == ["passed", "gate", "finding"]
    assert rows["trades"]["passed"] == "no"
    assert rows["trades"]["finding"] == "1, expected >= 100: There are too few trades to confirm an edge"
    assert rows["parity"]["finding"] == "1, expected >= 1: live features are gold's features, bit for bit"
    assert (rows["coverage"]["passed"], rows["parity"]["passed"]) == ("unknown", "yes")
    assert str(rows["coverage"]["finding"]).startswith(
        "not measured, expected >= 0.8 and <= 0.995: Its coverage could not be measured"
    )


def test_what_is_empty_says_so() -> None:
    assert sentences([]) == "none"
    assert sentences(["one", "two"]) == "one; two"
    assert failures_metadata({}).value == "none"
