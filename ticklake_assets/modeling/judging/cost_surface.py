"""What a chain would have earned at other costs and latencies: a table of its own decisions, and the break-even cost.

    lates = day_latencies(symbol_day, quotes, decisions, run, instrument)    # of each tested day: simulated again
    surface = surface_of([day.latencies for day in days], trials, elsewhere)

Costs are everything between mid prices and net: spread, mark-up, slippage, commission and the swap that is paid (a
credit is not multiplied). A multiple of them takes more off the same trades, since barriers are touched by the feed's
quotes; another latency is another simulation, which enters at other quotes or not at all. What a cell earns is asked as
of the chain: by the two gates that its test trades alone answer, as the best of as many trials.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.judging.evidence import Evidence, evidence_of
from ticklake_assets.modeling.trading.simulation import DayRun, simulate_day, spread_costs

LATENCIES_MS = (0, 100, 250, 500, 1000)
MULTIPLES = (0.5, 1.0, 1.5, 2.0, 3.0)
"""Of today's costs."""
CellVerdict = Literal["earns", "undecided", "loses"]


class LateDay(Document):
    """A tested day whose orders arrive so late."""

    latency_ms: int | None
    """None: as the cost profile draws it, which is the day as it was tested."""
    trades: int
    net_pips: float
    cost_pips: float
    """What a multiple of the costs multiplies; never negative."""
    nets: str
    """The trades' nets, pips: base64 of little-endian float64."""
    costs: str
    """What of them is multiplied, pips, alike."""


class SurfaceCell(Document):
    """The chain at one latency and one multiple of the costs."""

    multiple: float
    net_pips: float
    daily_lower_bound_pips: float | None
    deflated_sharpe: float
    """By the chain's own N."""
    verdict: CellVerdict
    """`loses` where the net is not above 0; `earns` where it is, and the gates `net_pips_a_day_lower_bound` and
    `deflated_sharpe` hold for these nets; else `undecided`. The other gates are asked of the chain alone."""


class SurfaceRow(Document):
    latency_ms: int | None
    trades: int
    cells: tuple[SurfaceCell, ...]


class CostSurface(Document):
    """Rows of latency, the chain's own first; columns are `MULTIPLES`."""

    rows: tuple[SurfaceRow, ...]
    cost_pips_a_trade: float | None
    """What a trade pays today; None without trades."""
    break_even_multiple: float | None
    """Of today's costs, at which the net is 0; below 0 where the trades lose at mid prices already."""
    break_even_pips_a_trade: float | None
    """The same as pips: what a trade may cost."""


def day_latencies(
    day: SymbolDay, quotes: Quotes, decisions: Sequence[Decision], run: DayRun, instrument: Instrument
) -> tuple[LateDay, ...]:
    """The day as it was tested, and simulated again at each of `LATENCIES_MS`."""
    runs: list[tuple[int | None, DayRun]] = [(None, run)]
    for latency_ms in LATENCIES_MS:
        late = [each._replace(earliest_entry_us=each.ts_us + latency_ms * 1000) for each in decisions]
        runs.append((latency_ms, simulate_day(day, quotes, late, instrument)))
    return tuple(_late(latency_ms, each, quotes, instrument.pip) for latency_ms, each in runs)


def _late(latency_ms: int | None, run: DayRun, quotes: Quotes, pip: float) -> LateDay:
    charged = [
        trade.slippage + trade.commission + trade.markup + max(trade.swap, 0.0) for trade in run.trades
    ]
    costs = (spread_costs(quotes, run.trades) + charged) / pip
    return LateDay(
        latency_ms=latency_ms,
        trades=len(run.trades),
        net_pips=run.net / pip,
        cost_pips=float(costs.sum()),
        nets=packed(np.array([trade.net for trade in run.trades]) / pip),
        costs=packed(costs),
    )


def surface_of(
    days: Sequence[Sequence[LateDay]], trials: int, elsewhere: Sequence[Sequence[Floats]] = ()
) -> CostSurface:
    """Sum the days; each holds the same latencies in the same order.

    `trials` and `elsewhere` are those that the chain is judged by (`evidence_of`); what was traded elsewhere stays at
    today's costs, since it tells only how much the trades of a day depend on each other.
    """
    rows = tuple(_row(column, trials, elsewhere) for column in zip(*days, strict=True))
    own = [day[0] for day in days]
    net, cost, trades = (sum(getattr(each, name) for each in own) for name in _SUMMED)
    multiple = 1 + net / cost if cost > 0 else None
    return CostSurface(
        rows=rows,
        cost_pips_a_trade=cost / trades if trades else None,
        break_even_multiple=multiple,
        break_even_pips_a_trade=multiple * cost / trades if trades and multiple is not None else None,
    )


_SUMMED = ("net_pips", "cost_pips", "trades")


def _row(column: Sequence[LateDay], trials: int, elsewhere: Sequence[Sequence[Floats]]) -> SurfaceRow:
    cells = []
    for multiple in MULTIPLES:
        net = float(np.sum([day.net_pips - (multiple - 1) * day.cost_pips for day in column]))
        nets = [unpacked(day.nets) - (multiple - 1) * unpacked(day.costs) for day in column]
        proof = evidence_of(nets, trials, elsewhere)
        cells.append(
            SurfaceCell(
                multiple=multiple,
                net_pips=net,
                daily_lower_bound_pips=proof.daily_lower_bound,
                deflated_sharpe=proof.deflated_sharpe,
                verdict="loses" if net <= 0 else "earns" if _is_earned(proof) else "undecided",
            )
        )
    return SurfaceRow(
        latency_ms=column[0].latency_ms, trades=sum(day.trades for day in column), cells=tuple(cells)
    )


def _is_earned(proof: Evidence) -> bool:
    """Whether the gates that the trades alone answer hold."""
    known = {
        "net_pips_a_day_lower_bound": proof.daily_lower_bound,
        "deflated_sharpe": proof.deflated_sharpe,
    }
    return all(gate.judge(known[gate.name]).passed for gate in GATES if gate.name in known)


def packed(values: Floats) -> str:
    return base64.b64encode(values.astype("<f8").tobytes()).decode()


def unpacked(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(np.float64)
