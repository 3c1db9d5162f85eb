"""The steps of declared features as one compiled function, which the kernel calls with every quote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from numba import njit

from ticklake_assets.core import declared
from ticklake_assets.core.declared import Feature, Quote
from ticklake_assets.core.schemas import Column
from ticklake_assets.core.tables import Floats

_compiled = njit(nogil=True, error_model="numpy")


class AddedSteps(NamedTuple):
    """What a kernel needs of its declared features."""

    columns: tuple[Column, ...]
    slots: int
    """float64 numbers of state, behind the kernel's own."""
    run: Callable[..., None]
    """Compiled: makes every step with a quote and writes the values into a row of the output."""
    sources: str
    """Digest of the text that is compiled into `run`."""


def added_steps(features: Sequence[Feature], slot: int, column: int, sources: str) -> AddedSteps:
    """Compile the steps; their state begins at `slot`, their first value is a row's number `column`."""
    every = _every(list(features), slot, column)

    @_compiled
    def run(
        state: Floats,
        out: Floats,
        at: int,
        day_start_us: int,
        ts_us: int,
        bid: float,
        ask: float,
        bid_size: float,
        ask_size: float,
        known: tuple[float, float, float],
    ) -> None:
        mid, sigma_1m, ew_spread = known
        quote = Quote(ts_us, bid, ask, bid_size, ask_size, mid, sigma_1m, ew_spread, day_start_us)
        every(state, out, at, quote)

    slots = sum(each.slots for each in features)
    return AddedSteps(declared.columns_of(features), slots, run, sources)


def _every(features: list[Feature], slot: int, column: int) -> Callable[..., Any]:
    """The first step, then the others: numba compiles a chain of functions, not a list of them."""
    if not features:
        return _nothing
    first, end = _compiled(features[0].step), slot + features[0].slots
    others = _every(features[1:], end, column + 1)

    @_compiled
    def every(state: Floats, out: Floats, at: int, quote: Quote) -> None:
        out[at, column] = first(state[slot:end], quote)
        others(state, out, at, quote)

    return every


@_compiled
def _nothing(state: Floats, out: Floats, at: int, quote: Quote) -> None:  # noqa: ARG001 - called like the others
    return
