"""The lake in Python: `from ticklake_assets.research import open_lake, simulate` (docs/research.md)."""

from ticklake_assets.research.backtest import Backtest, Figures, simulate
from ticklake_assets.research.lake import Lake, open_lake
from ticklake_assets.research.scan import Scan

__all__ = ["Backtest", "Figures", "Lake", "Scan", "open_lake", "simulate"]
