"""What the endpoint says of a symbol, as the bridge reads it."""

from __future__ import annotations

from mt5_bridge.wire.contract import SymbolFacts
from serving.endpoint.routers.symbols import SymbolFacts as Told
from ticklake_assets.core.instruments import Instrument


def facts_of(instrument: Instrument) -> SymbolFacts:
    told = Told(**{name: getattr(instrument, name) for name in Told.model_fields})
    return SymbolFacts.model_validate_json(told.model_dump_json())
