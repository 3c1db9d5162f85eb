from __future__ import annotations

import csv
import io

import pytest

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.orders import TARGET
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report import trades
from ticklake_assets.modeling.report.trades import MOST_SHOWN, trade_rows, trades_csv
from ticklake_assets_tests.modeling.markets import chain


def report(strength: float = 0.0) -> WalkForwardReport:
    return judge(chain(strength=strength), 1, 1.0)


def lines(of: WalkForwardReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(trades_csv(of))))


def test_every_trade_is_a_line_with_what_the_gates_were_judged_by() -> None:
    made, judged = lines(report()), report()
    held = [trade for day in judged.days for trade in day.trades]
    assert len(made) == judged.trades == len(held)
    assert sum(float(line["net_pips"]) for line in made) == pytest.approx(judged.net_pips, abs=1e-3)
    for line, trade in zip(made, held, strict=True):
        assert (float(line["entry"]), float(line["exit"])) == (trade.entry, trade.exit)
        assert line["side"] == ("long" if trade.side == 1 else "short")
        assert (line["ended"] == "target") == (trade.outcome == TARGET)
        assert line["signal"] < line["entry_time"] < line["exit_time"]
        taken = float(line[f"p_{line['side']}"])
        assert taken >= float(line["act"])
        assert float(line["anomaly"]) <= float(line["anomaly_limit"])
        assert line["why"].count(";") == 2
    assert {line["as_of"] for line in made} == {str(fold.as_of) for fold in judged.folds}
    assert {line["ended"] for line in made} >= {"target", "stop", "time"}


def test_the_page_shows_all_of_them_or_those_that_won_or_lost_most() -> None:
    few, many = report(), report(1.0)
    assert few.trades <= MOST_SHOWN < many.trades, "this test needs one of each"
    assert len(trade_rows(few)) == few.trades
    shown = trade_rows(many)
    assert len(shown) == MOST_SHOWN
    pip = instrument_of(many.symbol).pip
    every = [f"{trade.net / pip:+,.1f}" for day in many.days for trade in day.trades]
    rest = iter(every)
    assert all(row["net"] in rest for row in shown), "in the order of time"
    largest = sorted((abs(float(net)) for net in every), reverse=True)[:MOST_SHOWN]
    assert sorted((abs(float(row["net"])) for row in shown), reverse=True) == largest


def test_a_chain_without_a_trade_has_a_header_alone() -> None:
    idle = report()
    days = {"trades": (), "conditions": (), "reasons": ()}
    folds = [
        fold.model_copy(
            update={
                "test": fold.test.model_copy(
                    update={"days": tuple(day.model_copy(update=days) for day in fold.test.days)}
                )
            }
        )
        for fold in idle.folds
    ]
    none = idle.model_copy(update={"folds": tuple(folds)})
    assert trade_rows(none) == []
    assert trades_csv(none) == ",".join(trades.TradeLine._fields) + "\n"
