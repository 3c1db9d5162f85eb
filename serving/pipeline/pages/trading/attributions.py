"""Days that were explained: the lake's, by `ops/attribution`, and the demo's own."""

from __future__ import annotations

import re

from pydantic import ValidationError

from mt5_bridge.attribution.waterfall import Attribution
from serving.pipeline.sources.bridges import Bridges
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.research.lake import Lake

_KEY = re.compile(r"attribution/([A-Z0-9]{3,12})/(\d{4}-\d{2}-\d{2})\.json")


def explained_days(lake: Lake, bridges: Bridges) -> list[tuple[str, str]]:
    """Symbol and day, the newest first."""
    found = {
        match.groups() for each in lake.store.list("attribution/") if (match := _KEY.fullmatch(each.key))
    }
    demo = bridges.demo_attribution()
    days = {(str(symbol), str(day)) for symbol, day in found} | (
        {(demo.symbol, str(demo.trading_day))} if demo else set()
    )
    return sorted(days, key=lambda each: (each[1], each[0]), reverse=True)


def attribution_of(lake: Lake, bridges: Bridges, symbol: str, day: str) -> Attribution:
    """DataError where its steps do not sum: such a document is not believed."""
    if not _KEY.fullmatch(key := f"attribution/{symbol}/{day}.json"):
        raise DataError(f"Expected a symbol and a day YYYY-MM-DD, was {symbol} {day}")
    if any(each.key == key for each in lake.store.list(key)):
        try:
            return Attribution.model_validate_json(lake.store.get(key))
        except ValidationError as error:
            raise DataError(
                f"{key}: Expected an attribution, was another ({error.errors()[0]['msg']})"
            ) from None
    demo = bridges.demo_attribution()
    if demo is not None and (demo.symbol, str(demo.trading_day)) == (symbol, day):
        return demo
    raise MissingDataError(
        f"{symbol} {day} was not explained yet. Materialize `ops/attribution` for it, once its journal and the "
        "bridge's record are there"
    )
