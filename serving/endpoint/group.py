"""The symbols that a process serves, where several share the market."""

from __future__ import annotations

from dataclasses import dataclass

from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.instruments import instrument_of


@dataclass(frozen=True)
class Group:
    symbols: frozenset[str] = frozenset()
    """Empty: every symbol."""

    @classmethod
    def of(cls, listed: str) -> Group:
        """Read EURUSD,GBPUSD; SetupError for a symbol without metadata."""
        try:
            symbols = frozenset(
                instrument_of(name.strip()).symbol for name in listed.split(",") if name.strip()
            )
        except DataError as error:
            raise SetupError(
                f"TICKLAKE_ENDPOINT_SYMBOLS: Expected symbols like EURUSD,GBPUSD. {error}"
            ) from error
        return cls(symbols)

    def __contains__(self, symbol: str) -> bool:
        return not self.symbols or symbol in self.symbols

    def refusal(self, symbol: str) -> str:
        """What is said of a symbol that it does not serve."""
        return f"Another process serves {symbol[:40]}. Expected one of {', '.join(sorted(self.symbols))}"
