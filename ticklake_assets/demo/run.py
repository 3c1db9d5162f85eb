"""`ticklake demo`: the whole chain once, through the same definitions that the Dagster UI shows."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from rich.console import Console

from ticklake_assets.core.day_files import RAW
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.jobs import FOLD, TO_GOLD
from ticklake_assets.demo.arrivals import await_gold
from ticklake_assets.demo.content import gold_digests, model_digests
from ticklake_assets.demo.plan import DemoMarket, market_of_folder, synthetic_markets
from ticklake_assets.demo.replay import (
    endpoint_get,
    keep_served,
    replay_in_demo,
    served_parity,
    told_bridge,
)
from ticklake_assets.demo.results import show_results
from ticklake_assets.demo.steps import reported_steps
from ticklake_assets.demo.summary import layer_rows, model_outcome, raw_digests
from ticklake_assets.files import locked, replace_file
from ticklake_assets.instance.endpoint import live_endpoint
from ticklake_assets.instance.home import open_to_launch
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets.loopback import free_port
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.landing import Landing
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.spark import Spark
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.replication.landing_folder import LandingFolder
from ticklake_assets.terminal import clock

REPORT = dg.AssetSelection.groups("report")
DEPLOY = dg.AssetSelection.groups("deploy")
RUN_DAYS = 31


class Demo:
    """One run of the demo: the graph, the instance it records in, and the seconds that each stage took."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance, console: Console) -> None:
        self.settings = settings
        self.folder = settings.home.absolute() / "demo"
        self.console = console
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._instance = instance
        self._definitions = defs()
        resources = self._definitions.resources or {}
        self.lake, self.gold, self._landing, self.spark = (
            resources[name] for name in ("lake", "gold", "landing", "spark")
        )
        assert isinstance(self.lake, Lake)
        assert isinstance(self.gold, Gold)
        assert isinstance(self._landing, Landing)
        assert isinstance(self.spark, Spark)

    def materialize(self, what: str, assets: dg.AssetSelection, days: list[SymbolDay]) -> None:
        """Run assets over days with the step times counted by stage."""
        run_id = str(uuid4())
        with (
            self._progress(what) as at_work,
            reported_steps(self._instance, run_id, self._tell, lambda steps: at_work(", ".join(steps))),
        ):
            materialize_range(self._definitions, assets, days, self._instance, run_id)

    def to_gold(self, market: DemoMarket) -> None:
        days = market.symbol_days
        for at in range(0, len(days), RUN_DAYS):
            part = days[at : at + RUN_DAYS]
            span = f"{part[0].trading_day} to {part[-1].trading_day}"
            self.materialize(f"{market.symbol}: landing to gold, {span}", TO_GOLD, part)

    def arrive(self, markets: list[DemoMarket]) -> None:
        """Drop the files into landing, and let the running replicator, sensor and daemon do the rest."""
        days = [day for market in markets for day in market.symbol_days]
        with self._progress(f"{len(days)} files into landing", "landing/ticks"):
            folder = LandingFolder(self.settings.landing_dir)
            stored = {found.key for found in self.lake.store.list(RAW)}
            for day in days:
                if not self._landing.land(day).landed.is_new:
                    folder.give_back(day, stored)
        with self._progress("landing to gold, by what is running", "landing to gold", live=False):
            await_gold(self.lake.store, days, self.console)

    def open_folds(self, market: DemoMarket) -> None:
        for number, as_of in enumerate(market.as_ofs, 1):
            title = f"{market.symbol}: fold {number} of {len(market.as_ofs)}, as of {as_of.trading_day}"
            self.materialize(title, FOLD, [as_of])

    def judge(self, market: DemoMarket) -> None:
        self.materialize(f"{market.symbol}: walk-forward and gates", REPORT, [market.held_out])

    def serve(self, markets: list[DemoMarket]) -> dict[str, Any]:
        """Deploy to a live endpoint and replay the first market's held-out day through it."""
        replayed, signing = markets[0].held_out, Signing.from_settings(self.settings)
        with live_endpoint(self.settings, self.folder / "endpoint.log"):
            for market in markets:
                self.materialize(f"{market.symbol}: deploy to the endpoint", DEPLOY, [market.held_out])
            with self._progress(f"{replayed}: replay, tick by tick", "replay"):
                bridge = replay_in_demo(self.settings, self.lake, self.gold, signing, replayed, self.folder)
            stats = endpoint_get(self.settings, "/v1/stats").json()
            parity = served_parity(self.settings, self.gold, replayed)
        return {
            "endpoint": {name: stats[name] for name in ("ticks", "signals", "p50_ms", "p99_ms")},
            "bridge": bridge,
            "parity": {"rows": parity.rows, "identical": parity.identical},
        }

    def _tell(self, step: str, seconds: float) -> None:
        self.seconds[step] += seconds
        self.console.print(f"    {step} {seconds:.1f} s", style="dim", highlight=False)

    @contextmanager
    def _progress(self, what: str, stage: str = "", *, live: bool = True) -> Iterator[Callable[[str], None]]:
        """Say what begins and how long it took; on a terminal a clock runs meanwhile beside what is at work.

        Not `live` is what shows its own progress. Yields the function that says what is at work.
        """
        start = time.perf_counter()
        self.console.print(f"  {what} ...", highlight=False)
        with clock("", self.console) if live else nullcontext(lambda _: None) as at_work:
            yield at_work
        spent = time.perf_counter() - start
        self.console.print(f"    done in {spent:.1f} s", style="dim", highlight=False)
        if stage:
            self.seconds[stage] += spent


def run_demo(
    settings: Settings, ticks: Path | None, symbol: str | None, console: Console, *, hands_off: bool = False
) -> dict[str, Any]:
    """Run the chain, write summary.json and report.html under HOME/demo, and show the results.

    `hands_off` leaves landing to gold to the replicator, the sensor and the daemon that are running, and deploys to
    the endpoint that is running. SetupError where another demo runs in this home.
    """
    start, next_endpoint = time.perf_counter(), settings.endpoint_home
    if ticks is None and symbol is not None:
        raise SetupError(
            f"Expected --ticks DIR with --symbol {symbol}, was none: the synthetic demo has its own"
        )
    markets = synthetic_markets() if ticks is None else [market_of_folder(ticks, symbol, settings)]
    with locked(settings.home / "demo" / "run.lock", partial(_refuse_another, settings.home)):
        settings = _demo_settings(settings, ticks, own_endpoint=not hands_off)
        console.print(f"ticklake demo: {', '.join(f'{m.symbol} {len(m.days)} days' for m in markets)}")
        with open_to_launch(settings) as instance:
            demo = Demo(settings, instance, console)
            demo.folder.mkdir(parents=True, exist_ok=True)
            if hands_off:
                demo.arrive(markets)
            else:
                demo.spark.begin()
                for market in markets:
                    demo.to_gold(market)
            modelled = [market for market in markets if market.as_ofs]
            for market in modelled:
                demo.open_folds(market)
            # Behind the last look at test days: in a home with bundles of an older schema each look is one more
            # variant, which outdates the judgements of other symbols.
            for market in modelled:
                demo.judge(market)
            served = demo.serve(markets) if markets[0].as_ofs else {}
            if served and not hands_off:
                keep_served(settings.endpoint_home, next_endpoint)
            summary = _summary(demo, markets, served, time.perf_counter() - start)
        replace_file(demo.folder / "summary.json", f"{json.dumps(summary, indent=1)}\n".encode())
    show_results(summary, console)
    return summary


def _refuse_another(home: Path) -> None:
    """Two would take each other's endpoint and its models away."""
    raise SetupError(
        f"Expected one demo at a time in {home}, was another that runs: wait, or set TICKLAKE_HOME"
    )


def _demo_settings(settings: Settings, ticks: Path | None, *, own_endpoint: bool) -> Settings:
    """Settings of this process and the ones it starts: the folder's ticks, and perhaps an endpoint of its own."""
    os.environ["TICKLAKE_HOME"] = str(settings.home.absolute())
    if own_endpoint:
        os.environ["TICKLAKE_ENDPOINT_URL"] = f"http://127.0.0.1:{free_port()}"
        own = settings.home.absolute() / "demo" / "endpoint"
        shutil.rmtree(own, ignore_errors=True)  # models of earlier demos must not answer this one's replay
        os.environ["TICKLAKE_ENDPOINT_DIR"] = str(own)
    if ticks is not None:
        os.environ["TICKLAKE_SOURCE"] = "folder"
        os.environ["TICKLAKE_SOURCE_DIR"] = str(ticks.absolute())
    return Settings()


def _summary(demo: Demo, markets: list[DemoMarket], served: dict[str, Any], seconds: float) -> dict[str, Any]:
    first = markets[0]
    report = _write_report(demo, first)
    signing = Signing.from_settings(demo.settings)
    outcomes = {market.symbol: model_outcome(market, demo.lake, signing) for market in markets}
    bridge = served.get("bridge")
    return {
        "symbol": first.symbol,
        "days": len(first.days),
        "rows": layer_rows(first, demo.settings.landing_dir, demo.lake, demo.gold),
        "raw_sha256": raw_digests(first, demo.lake),
        "gold_sha256": gold_digests(first, demo.gold),
        "model_sha256": model_digests(first, demo.lake, signing),
        **outcomes[first.symbol],
        "endpoint": served.get("endpoint"),
        "bridge": bridge and told_bridge(bridge, demo.folder / "attribution.html"),
        "replay": bridge and {name: bridge[name] for name in bridge if name != "attribution"},
        "parity": served.get("parity"),
        "report": report,
        "seconds": {stage: round(spent, 2) for stage, spent in demo.seconds.items()}
        | {"total": round(seconds, 1)},
        "other_symbols": {
            market.symbol: {
                "rows": layer_rows(market, demo.settings.landing_dir, demo.lake, demo.gold),
                **outcomes[market.symbol],
            }
            for market in markets[1:]
        },
    }


def _write_report(demo: Demo, market: DemoMarket) -> str | None:
    if not market.as_ofs:
        return None
    report = demo.folder / "report.html"
    replace_file(report, ModelFiles(demo.lake.store).get("report", market.held_out, ".html"))
    return str(report)
