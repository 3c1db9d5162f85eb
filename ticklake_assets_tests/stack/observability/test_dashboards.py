from __future__ import annotations

import json

from stack.observability.dashboards import FOLDER, built
from stack.observability.panels import BOARDS


def test_the_files_are_what_is_built() -> None:
    """`python -m stack.observability.dashboards` writes them anew."""
    assert {file.name: file.read_text() for file in FOLDER.iterdir()} == dict(built())


def test_each_panel_has_its_queries() -> None:
    texts = dict(built())
    for board in BOARDS:
        made = json.loads(texts[f"{board.name}.json"])
        asked = [[target["expr"] for target in panel["targets"]] for panel in made["panels"]]
        assert asked == [[curve.query for curve in panel.curves] for panel in board.panels]
        assert ("symbol" in {variable["name"] for variable in made["templating"]["list"]}) == (
            "$symbol" in str(asked)
        )
