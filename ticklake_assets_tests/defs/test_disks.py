"""A disk that refuses writes, played by a file where a folder must be: that holds for every user, root too.

And one that is full, where a small one may be mounted.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets_tests.defs.graphs import TO_GOLD, Graph, load_graph
from ticklake_assets_tests.defs.homes import days_from, ticks_of
from ticklake_assets_tests.small_disks import filled, small_disk

BLOCKED = {
    "raw": ("XAUUSD", "raw/ticks/XAUUSD"),
    "parquet": ("EURGBP", "parquet/ticks/symbol=EURGBP"),
    "clean": ("EURJPY", "clean/ticks/symbol=EURJPY"),
}


@pytest.mark.parametrize("layer", BLOCKED)
def test_a_refused_write_is_named_publishes_nothing_and_heals(graph: Graph, layer: str) -> None:
    symbol, folder = BLOCKED[layer]
    (day,) = days_from(symbol, "2024-01-15", 1)
    publish_day(graph.home.settings.landing_dir, day, ticks_of(day))
    before = TO_GOLD[: TO_GOLD.index(layer)]
    if before:
        graph.run([day], *before)
    obstacle = Path(graph.home.store.uri(folder))
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.touch()
    failure = graph.failure([day], layer)
    assert f"1 of 1 partitions failed at {layer}, first {day}: Cannot write {obstacle}/" in (
        failure.description or ""
    )
    assert "Expected a folder that allows it and a disk with room" in (failure.description or "")
    assert failure.allow_retries
    assert graph.home.refused_at(day) == [], "the content is not to blame"
    assert not graph.is_materialized(f"{layer}/ticks", day)
    obstacle.unlink()
    graph.run([day], layer)
    assert graph.is_materialized(f"{layer}/ticks", day)


def test_gold_that_cannot_be_written_is_not_recorded_as_made(graph: Graph) -> None:
    (day,) = days_from("BTCUSD", "2024-01-15", 1)
    graph.home.land([day])
    graph.run([day], *TO_GOLD)
    graph.home.land([day], seed=2)
    bars = graph.home.gold_rows("bars", day)
    gold = graph.home.gold().tables
    data = Path(gold.table("bars").location().removeprefix("file://")) / "data" / "symbol=BTCUSD"
    gold.close()
    data.rename(data.with_name("aside"))
    data.touch()
    with pytest.raises(
        SetupError, match=r"disk refuses .* rows of gold.bars for BTCUSD.* nothing was committed"
    ):
        graph.run([day], *TO_GOLD)
    data.unlink()
    data.with_name("aside").rename(data)
    assert graph.home.gold_rows("bars", day).equals(bars)
    assert day in graph.home.state().to_build
    graph.run([day], "gold")
    assert day in graph.home.state().done
    assert not graph.home.gold_rows("bars", day).equals(bars)


@pytest.mark.usefixtures("spark")
def test_a_full_disk_is_named_publishes_nothing_and_heals(tmp_path: Path) -> None:
    """At each layer on the way to gold."""
    (day,) = days_from("EURUSD", "2024-01-15", 1)
    with small_disk(tmp_path / "disk", megabytes=8) as disk, dg.DagsterInstance.ephemeral() as instance:
        graph = load_graph(disk, instance)
        publish_day(graph.home.settings.landing_dir, day, ticks_of(day))
        for layer in TO_GOLD:
            with filled(disk), pytest.raises(TicklakeError, match=r"room|disk") as caught:
                graph.run([day], layer)
            assert "\n" not in str(caught.value)
            assert graph.home.refused_at(day) == [], f"the content is not to blame at {layer}"
            assert day not in graph.home.state().done, layer
            graph.run([day], layer)
        assert day in graph.home.state().done
