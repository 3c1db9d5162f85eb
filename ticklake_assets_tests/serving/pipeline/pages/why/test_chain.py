from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.pipeline.pages.why.chain import picture, tree
from serving.pipeline.sources.commands import as_argument
from ticklake_assets.core.errors import DataError
from ticklake_assets_tests.serving.pipeline.conftest import SignIn

RAW = {"kind": "raw", "name": "raw/ticks/EURUSD/2024/01/EURUSD_2024-01-05.csv", "state": "there"}


def _chain(days: int = 1, **of_raw: Any) -> dict[str, Any]:
    gold = {"kind": "gold", "name": "EURUSD|2024-01-05", "state": "as frozen", "made_from": [RAW | of_raw]}
    day = {"kind": "day", "name": "2024-01-05", "made_from": [gold]}
    dataset = {"kind": "dataset", "name": "EURUSD/2024-01-31/v1", "made_from": [day] * days}
    bundle = {"kind": "bundle", "name": "ab" * 32, "symbol": "EURUSD", "made_from": [dataset]}
    signal = {
        "kind": "signal",
        "name": "cd" * 8,
        "symbol": "EURUSD",
        "p_long": 0.123456789,
        "made_from": [bundle],
    }
    return {"kind": "order", "name": "tl-" + "ef" * 8, "state": "closed", "made_from": [signal]}


def test_each_node_opens_its_page() -> None:
    node, found = tree(_chain()), []
    while True:
        found.append((node.kind, node.href))
        if not node.below:
            break
        node = node.below[0]
    assert found == [
        ("order", f"/trading?order=tl-{'ef' * 8}"),
        ("signal", f"/live/EURUSD?signal={'cd' * 8}"),
        ("bundle", "/models/EURUSD/abababababab"),
        ("dataset", "/lifecycle/EURUSD/2024-01-31"),
        ("day", "/data/EURUSD/2024-01-05"),
        ("gold", "/data/EURUSD/2024-01-05"),
        ("raw", "/data/EURUSD/2024-01-05"),
    ]


@pytest.mark.parametrize(
    ("state", "wrong"), [("there", ""), ("gone", "gone"), ("other bytes", "other bytes")]
)
def test_a_broken_link_is_marked(state: str, wrong: str) -> None:
    node = tree(_chain(state=state))
    while node.below:
        node = node.below[0]
    assert node.wrong == wrong


def test_a_large_fan_is_folded_in_the_picture_and_whole_in_the_tree() -> None:
    root = tree(_chain(days=40))
    drawn = picture(root)
    labels = [label for _, label in drawn.nodes]
    assert "and 35 more" in labels
    assert len(root.below[0].below[0].below[0].below) == 40


def test_boxes_never_overlap_and_edges_go_right() -> None:
    drawn = picture(tree(_chain(days=5))).drawn
    places = {(box.x, box.y) for box in drawn.boxes}
    assert len(places) == len(drawn.boxes)
    assert all(box.x + 210 <= drawn.width and box.y + 46 <= drawn.height for box in drawn.boxes)
    assert len(drawn.paths) == len(drawn.boxes) - 1


@pytest.mark.parametrize("name", ["--rehash", "-x", "", "  ", "a\nb"])
def test_what_a_person_types_is_never_an_option(name: str, signed_in: SignIn) -> None:
    with pytest.raises(DataError, match="Expected a name"):
        as_argument(name)
    assert signed_in().get("/why/chain", params={"name": name}).status_code in (200, 422)


def test_an_unknown_name_is_told_by_the_command(signed_in: SignIn) -> None:
    client: TestClient = signed_in()
    assert "Reading the chain" in client.get("/why?name=nothing").text
    text = client.get("/why/chain?name=nothing").text
    assert "Nothing is called" in text
    assert "Traceback" not in text


def test_without_a_name_it_says_what_there_is(signed_in: SignIn) -> None:
    assert "ticklake demo" in signed_in().get("/why/recent").text
