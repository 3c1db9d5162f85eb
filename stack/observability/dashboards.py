"""Dashboards for Grafana, built by its own SDK from `panels.py` and kept as JSON that can be imported.

python -m stack.observability.dashboards [FOLDER]     # docs/dashboards
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption

from stack.observability.panels import BOARDS, Board, Panel
from ticklake_assets.files import replace_file

FOLDER = Path(__file__).parents[2] / "docs" / "dashboards"
_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
_WIDTH, _HEIGHT = 12, 8
"""Two panels a row, of Grafana's 24 columns."""


def built() -> Iterator[tuple[str, str]]:
    """Name of the file and text of each dashboard."""
    for board in BOARDS:
        yield (
            f"{board.name}.json",
            f"{json.dumps(_dashboard(board), cls=JSONEncoder, indent=1, sort_keys=True)}\n",
        )


def _dashboard(board: Board) -> object:
    made = dashboard.Dashboard(board.title).uid(board.name).tags(["ticklake"]).timezone("utc")
    made = made.refresh("30s").time("now-6h", "now").readonly()
    made = made.with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    if board.symbols:
        every = VariableOption(selected=True, text="All", value="$__all")
        made = made.with_variable(
            dashboard.QueryVariable("symbol")
            .query(f"label_values({board.symbols}, symbol)")
            .datasource(_SOURCE)
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(every)
        )
    for panel in board.panels:
        made = made.with_panel(_panel(panel))
    return made.build()


def _panel(panel: Panel) -> timeseries.Panel:
    made = timeseries.Panel().title(panel.title).unit(panel.unit).datasource(_SOURCE)
    made = made.span(_WIDTH).height(_HEIGHT).show_points(VisibilityMode.NEVER)
    for number, curve in enumerate(panel.curves):
        query = prometheus.Dataquery().ref_id(chr(ord("A") + number)).datasource(_SOURCE).range()
        made = made.with_target(query.expr(curve.query).legend_format(curve.legend))
    return made


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in built():
        replace_file(folder / name, text.encode())
        print(folder / name)
