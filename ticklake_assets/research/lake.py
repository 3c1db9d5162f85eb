"""The lake for a person who thinks in tables: the same settings as every command, embedded or on the stack.

    lake = open_lake()
    lake.features("EURUSD", "2024-01-01", "2024-01-31").to_polars()

Nothing here writes to the lake. Libraries load when a method first needs them: neither Dagster nor Spark ever does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from ticklake_assets.core.errors import DataError, MissingDataError, SetupError
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.environment import settings_at
from ticklake_assets.research.asked import Asked, Day, expect_symbol
from ticklake_assets.settings import Settings, explain

if TYPE_CHECKING:
    from ticklake_assets.research.gold import AsOf
    from ticklake_assets.research.scan import Scan
    from ticklake_assets.storage.gold.tables import GoldTables
    from ticklake_assets.storage.objects.store import ObjectStore

_MINUTES_A_DAY = 1440
_SQLITE = "sqlite:///"


def open_lake(home: str | Path | None = None, **settings: Any) -> Lake:
    """Open the lake of the settings: `TICKLAKE_` variables, then what a running stack of that home offers.

    `home` and other settings by their names in lower case (`lake_url=...`) take the place of the variables.

    Raises:
        SetupError: a setting is wrong.
        MissingDataError: there is no lake there yet.
    """
    if unknown := sorted(settings.keys() - Settings.model_fields.keys()):
        raise SetupError(f"Expected settings that `ticklake settings` lists, was {unknown[0]}")
    try:
        if home is not None:
            settings["home"] = Path(home).expanduser()
        chosen = settings_at(**settings)
    except ValidationError as error:
        raise SetupError(explain(error)) from None
    place = urlsplit(chosen.lake)
    if place.scheme == "file" and not Path(unquote(place.path)).is_dir():
        raise MissingDataError(
            f"Expected a lake, was no folder {unquote(place.path)}: TICKLAKE_HOME or TICKLAKE_LAKE_URL says where "
            "it is, and `ticklake backfill` or `ticklake demo` makes one"
        )
    return Lake(chosen)


class Lake:
    """Scans of layers. Days are UTC days, and both ends of a range are included, as everywhere in ticklake.

    Each method raises DataError for an unknown symbol, a date that is none, or dates the wrong way round, and
    MissingDataError where the lake has none of these days; the message says what there is.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the catalog's connections back; the end of the process does so, too."""
        if "gold" in self.__dict__:
            self.gold.close()
            del self.__dict__["gold"]

    def features(
        self,
        symbol: str,
        first: Day,
        last: Day,
        *,
        as_of: AsOf | None = None,
        columns: Sequence[str] | None = None,
    ) -> Scan:
        """`gold.features`: an event a row, with the features that the live kernel would have had.

        `as_of` is the number of a snapshot of the table, or a time: what the table held then.
        """
        return self._gold("features", symbol, first, last, as_of, columns)

    def labels(
        self,
        symbol: str,
        first: Day,
        last: Day,
        *,
        as_of: AsOf | None = None,
        columns: Sequence[str] | None = None,
    ) -> Scan:
        """`gold.labels`: the same events with what a long and a short order would have become."""
        return self._gold("labels", symbol, first, last, as_of, columns)

    def bars(
        self, symbol: str, first: Day, last: Day, *, minutes: int = 1, as_of: AsOf | None = None
    ) -> Scan:
        """`gold.bars`, or bars of more minutes (1 to 1440, from midnight) made of them by the query `bars`.

        Bars of one minute lead with `symbol` and `trading_day`; wider ones have the columns of the query alone.
        """
        if minutes == 1:
            return self._gold("bars", symbol, first, last, as_of, None)
        if not 1 <= minutes <= _MINUTES_A_DAY:
            raise DataError(f"Width of a bar. Expected 1 to {_MINUTES_A_DAY} minutes, was {minutes}")
        from ticklake_assets.research.gold import wide_bars

        return wide_bars(self.gold, Asked.of(symbol, first, last), minutes, as_of)

    def ticks(
        self,
        symbol: str,
        first: Day,
        last: Day,
        *,
        layer: str = "clean",
        columns: Sequence[str] | None = None,
    ) -> Scan:
        """Quotes of a layer: `clean`, `quarantine`, `parquet` (typed, not one row lost) or `raw`, as it is now.

        A layer of ticks is replaced by a day's correction and keeps no history, so there is no `as_of`.
        """
        from ticklake_assets.research.ticks import tick_scan

        return tick_scan(self.store, layer, Asked.of(symbol, first, last), columns)

    def dataset(self, tag: str, part: str | None = None) -> Scan:
        """A frozen dataset, like EURUSD/2024-01-31/v1, or its part `train`, `validate` or `test`.

        It is verified by sha256 and read whole. MissingDataError names the tags that there are.
        """
        from ticklake_assets.research.models import dataset_scan
        from ticklake_assets.storage.datasets.registry import DatasetRegistry

        chosen = self.settings
        registry = DatasetRegistry(
            chosen.registry_dir, f"{chosen.lake}/datasets", chosen.s3_endpoint, chosen.s3_region
        )
        return dataset_scan(registry, tag, part)

    def trades(self, report: str) -> Scan:
        """Test trades of a walk-forward report, like EURUSD/2024-01-31 (symbol and as-of day), each with its reason."""
        from ticklake_assets.research.models import trades_scan

        return trades_scan(self.store, report)

    def instrument(self, symbol: str, costs: str | None = None) -> Instrument:
        """A symbol's facts, with its costs by a cost profile; without one by TICKLAKE_COSTS."""
        expect_symbol(symbol)
        return instrument_of(symbol, costs or self.settings.costs)

    @cached_property
    def store(self) -> ObjectStore:
        """The lake's objects."""
        from ticklake_assets.storage.objects.opening import open_store

        chosen = self.settings
        return open_store(chosen.lake, endpoint=chosen.s3_endpoint, region=chosen.s3_region)

    @cached_property
    def gold(self) -> GoldTables:
        """The tables of gold behind their catalog."""
        from ticklake_assets.storage.gold.tables import open_gold

        chosen = self.settings
        if chosen.catalog.startswith(_SQLITE) and not Path(chosen.catalog.removeprefix(_SQLITE)).exists():
            raise MissingDataError(
                f"Expected gold, was no catalog {chosen.catalog}: bring days to gold with `ticklake backfill`"
            )
        warehouse = f"{chosen.lake}/warehouse"
        return open_gold(chosen.catalog_name, chosen.catalog, warehouse, chosen.s3_endpoint, chosen.s3_region)

    def _gold(
        self,
        name: str,
        symbol: str,
        first: Day,
        last: Day,
        as_of: AsOf | None,
        columns: Sequence[str] | None,
    ) -> Scan:
        asked = Asked.of(symbol, first, last)
        from ticklake_assets.research.gold import gold_scan

        return gold_scan(self.gold, name, asked, as_of, columns)
