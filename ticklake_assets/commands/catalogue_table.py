"""Make `core/market/dukascopy.csv` anew from the vendor's metadata.

    python -m ticklake_assets.commands.catalogue_table instrument-meta-data.json > ticklake_assets/core/market/dukascopy.csv

The file is a JSON object whose values have `code`, `description`, `decimalFactor` (a power of ten) and
`startHourForTicks`, as the npm package dukascopy-node and the vendor's own site have it. Only these facts are taken. The
vendor writes 2000-01-01 where it doesn't know the first tick.
"""  # noqa: E501 - a command is one line

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.vendor_catalogue import COLUMNS

_UNKNOWN = "2000-01-01"


def table_of(metadata: dict[str, dict[str, Any]]) -> str:
    """The table as CSV, by code; SourceError where a decimal factor is no power of ten."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in sorted(metadata.values(), key=lambda one: str(one["code"])):
        factor = each["decimalFactor"]
        digits = len(str(factor)) - 1
        if factor != 10**digits:
            raise SourceError(f"{each['code']}: decimalFactor: Expected a power of ten, was {factor}")
        first = str(each["startHourForTicks"])[:10]
        writer.writerow(
            [each["code"], digits, "" if first == _UNKNOWN else first, each["description"].strip()]
        )
    return text.getvalue()


if __name__ == "__main__":
    sys.stdout.write(table_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
