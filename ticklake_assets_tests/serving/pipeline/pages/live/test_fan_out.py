"""Each viewer's frames against a list of all that were published, in any order of publishing and looking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from serving.pipeline.pages.live.fan_out import FanOut, Frame

_WAITING, _KEPT = 4, 6


def _fan_out(published: list[str]) -> FanOut:
    return FanOut(
        lambda: f"all {len(published)}", lambda: f"now {len(published)}", waiting=_WAITING, kept=_KEPT
    )


class _Reader:
    """Knows what it saw as numbers of frames; a picture of n frames stands for having seen them."""

    def __init__(self, view: AsyncIterator[list[Frame]]) -> None:
        self.view, self.seen, self.lost, self.last_id = view, 0, 0, ""

    async def read(self) -> None:
        for frame in await anext(self.view):
            if frame.name == "lost":
                self.lost += int(frame.text)
                self.seen += int(frame.text)
            elif frame.name == "picture":
                assert frame.text == f"all {frame.number}"
                assert self.seen in (0, frame.number), "the picture is of what was lost, and nothing more"
                self.seen = frame.number
            elif frame.name == "tick":
                assert frame.number == self.seen + 1, "in order, none twice, none left out without a word"
                assert frame.text == str(frame.number)
                self.seen = frame.number


@given(st.lists(st.sampled_from(["publish", "publish", "a", "b"]), max_size=60))
def test_viewers_see_all_in_order_or_are_told_how_many_they_lost(steps: list[str]) -> None:
    async def play() -> None:
        published: list[str] = []
        fan_out = _fan_out(published)
        readers = {name: _Reader(fan_out.view()) for name in "ab"}
        for reader in readers.values():
            await reader.read()
        for step in steps:
            if step == "publish":
                published.append(str(len(published) + 1))
                fan_out.publish("tick", published[-1])
            elif readers[step].seen < len(published):
                await readers[step].read()
        for reader in readers.values():
            while reader.seen < len(published):
                await reader.read()
            assert reader.seen == len(published)
            assert reader.lost == 0 or reader.lost > _WAITING
        for reader in readers.values():
            await reader.view.aclose()  # type: ignore[attr-defined]
        assert not fan_out.viewers

    asyncio.run(play())


@given(st.integers(0, 12), st.integers(0, 12))
def test_who_comes_back_gets_what_it_missed_or_the_picture(published: int, seen: int) -> None:
    texts: list[str] = []
    fan_out = _fan_out(texts)
    for number in range(1, published + 1):
        texts.append(str(number))
        fan_out.publish("tick", str(number))
    frames = fan_out.since(f"{fan_out.epoch}.{seen}")
    if published - _KEPT <= seen <= published:
        assert [frame.text for frame in frames] == [*texts[seen:], f"now {published}"]
    else:
        assert [frame.name for frame in frames] == ["picture"]


def test_an_id_of_another_program_gets_the_picture() -> None:
    for last_id in ("", "other.1", "x", ".", "1.²"):
        assert [frame.name for frame in _fan_out([]).since(last_id)] == ["picture"]


def test_a_slow_viewer_costs_a_quick_one_nothing() -> None:
    async def play() -> None:
        published: list[str] = []
        fan_out = _fan_out(published)
        slow, quick = _Reader(fan_out.view()), _Reader(fan_out.view())
        await slow.read()
        await quick.read()
        for number in range(1, 21):
            published.append(str(number))
            fan_out.publish("tick", str(number))
            await quick.read()
        assert (quick.seen, quick.lost) == (20, 0)
        assert [frame.name for frame in await anext(slow.view)] == ["lost", "picture"]

    asyncio.run(play())


def test_a_frame_of_many_lines_is_one_event() -> None:
    fan_out = _fan_out([])
    assert fan_out.as_event(Frame("about", "<p>\na</p>", 7)) == (
        f"id: {fan_out.epoch}.7\nevent: about\ndata: <p>\ndata: a</p>\n\n".encode()
    )
