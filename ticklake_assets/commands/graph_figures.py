"""Figures of the graph as Prometheus takes them, read when it asks."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ticklake_assets.core.calendar import expected_quotes
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import hidden
from ticklake_assets.instance.database_figures import Databases
from ticklake_assets.instance.figures import figures_of
from ticklake_assets.instance.home import open_instance
from ticklake_assets.research.coverage import Coverage, coverages
from ticklake_assets.research.lake import Lake
from ticklake_assets.settings import Settings

_LOG = logging.getLogger("ticklake.metrics")
COUNTED_EVERY_S = 300.0
"""How often the lake is listed: a bucket with years of days takes seconds, and lists may cost money."""


class GraphFigures(Collector):
    """What the settings' instance, lake, calendars, databases and disks say.

    A part that cannot be read has no figures, its reason is in the log, and `ticklake_figures_ok` of it is 0: what was
    once so is never shown as what is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._instance = open_instance(settings)
        self._databases = Databases((settings.dagster_url, settings.catalog_uri))
        self._since_s = time.time()
        self._counted: list[Coverage] | Exception = []

    def describe(self) -> list[Metric]:
        """Nothing: a registry that knows the names beforehand would ask for all figures to learn them."""
        return []

    def collect(self) -> Iterator[Metric]:
        parts: Mapping[str, Callable[[], Iterable[Metric]]] = {
            "instance": self._of_instance, "days": self._of_days, "sessions": open_sessions,
            "databases": self._of_databases, "disks": self._of_disks,
        }  # fmt: skip
        is_well = {}
        for name, part in parts.items():
            try:
                yield from list(part())
            except Exception as error:  # a library's own; whatever it is, the other parts have their figures
                said = hidden(str(error)).partition("\n")[0]
                _LOG.warning("no figures of %s: %s: %s", name, type(error).__name__, said)
                is_well[name] = False
            else:
                is_well[name] = True
        yield _gauge("ticklake_figures_ok", "Whether a part could be read", "part", is_well)

    def count_days(self, stop: threading.Event) -> None:
        """Count what `ticklake status` counts, again and again until the stop, beside those who ask."""
        while True:
            try:
                self._counted = coverages(self._settings, Lake(self._settings).store)
            except Exception as error:
                self._counted = error
            if stop.wait(COUNTED_EVERY_S):
                return

    def _of_days(self) -> list[Metric]:
        if isinstance(self._counted, Exception):
            raise self._counted
        return [days_of(self._counted)]

    def _of_instance(self) -> Iterator[Metric]:
        found = figures_of(self._instance, time.time(), self._since_s)
        yield _gauge("ticklake_runs", "Dagster's runs", "status", found.runs)
        yield _counter("ticklake_run_failures", "Runs that failed", "job", found.failures)
        told = "Seconds since a look of the sensor ended well"
        yield _gauge("ticklake_sensor_age_seconds", told, "sensor", found.sensor_ages_s)
        told = "Share of the ticks of a symbol's last recounted day that came out again to the bit"
        yield _gauge("ticklake_parity_share", told, "symbol", found.parity)

    def _of_databases(self) -> Iterator[Metric]:
        found = self._databases.figures()
        for kind, family in (
            ("connections", _gauge), ("bytes", _gauge), ("commits", _counter), ("rollbacks", _counter),
            ("deadlocks", _counter),
        ):  # fmt: skip
            values = {
                name: value for name, each in found.items() if (value := getattr(each, kind)) is not None
            }
            yield family(
                f"ticklake_database_{kind}", f"{kind.capitalize()} of a database", "database", values
            )

    def _of_disks(self) -> Iterator[Metric]:
        folders = {"home": self._settings.home, "landing": self._settings.landing_dir}
        usage = {name: shutil.disk_usage(_nearest(folder.absolute())) for name, folder in folders.items()}
        free = {name: each.free for name, each in usage.items()}
        yield _gauge("ticklake_disk_free_bytes", "Room on the disk of a folder", "folder", free)
        size = {name: each.total for name, each in usage.items()}
        yield _gauge("ticklake_disk_bytes", "Size of the disk of a folder", "folder", size)


def days_of(found: Iterable[Coverage]) -> Metric:
    """Days by symbol and layer, and those that are gaps or refused, as `ticklake status` has them."""
    days = GaugeMetricFamily("ticklake_days", "Days of a symbol in a layer", labels=["symbol", "layer"])
    for each in found:
        for layer, held in each.layers.items():
            days.add_metric([each.symbol, layer], len(held))
        days.add_metric([each.symbol, "gap"], len(each.gaps))
        days.add_metric([each.symbol, "refused"], len(each.refused))
    return days


def open_sessions(now: datetime | None = None) -> list[Metric]:
    """By the calendars: 1 where the silence of a symbol is odd now, 0 where its venue is closed or may be silent."""
    now = now or datetime.now(UTC)
    expected = {symbol: float(_is_expected(symbol, now)) for symbol in sorted(INSTRUMENTS)}
    return [_gauge("ticklake_session_open", "Whether quotes are expected now", "symbol", expected)]


def _is_expected(symbol: str, now: datetime) -> bool:
    now_us = int(now.timestamp() * 1e6)
    day = SymbolDay(symbol, now.date())
    return any(start <= now_us < end for start, end in expected_quotes(INSTRUMENTS[symbol].calendar, day))


def _nearest(folder: Path) -> Path:
    return folder if folder.exists() else _nearest(folder.parent)


def _gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    return _filled(GaugeMetricFamily(name, told, labels=[label]), values)


def _counter(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    return _filled(CounterMetricFamily(name, told, labels=[label]), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, float]) -> Metric:
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family
