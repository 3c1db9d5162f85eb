"""Replace one symbol-day again and again, until killed: `python -m ... SITE CACHE SYMBOL FIRST PAUSE`.

Commit n writes n rows, each of which says n: whoever reads a mixture sees it. Prints each n that is committed.
PAUSE is seconds between commits: without any, a second writer of the day would hardly ever come first.
"""

from __future__ import annotations

import itertools
import sys
import time
from datetime import date
from pathlib import Path

from stack.site import Site
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.stack.gold.engines import open_gold
from ticklake_assets_tests.storage.gold.builders import RUN, make_bars


def main(site: str, cache: str, symbol: str, first: str, pause_s: str) -> None:
    day = SymbolDay(symbol, date(2024, 1, 1))
    with open_gold(Site.open(Path(site), Path(cache))) as gold:
        for rows in itertools.count(int(first)):
            gold.replace("bars", [day], make_bars(day, rows, ticks_a_minute=rows), RUN)
            sys.stdout.write(f"{rows}\n")
            sys.stdout.flush()
            time.sleep(float(pause_s))


if __name__ == "__main__":
    main(*sys.argv[1:])
