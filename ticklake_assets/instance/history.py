"""What Dagster's history knows of a partition: which run left a value in its metadata."""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

_MOST_RECORDS = 50
"""Materializations of one partition that are looked through, newest first."""


@dataclass(frozen=True)
class RunHistory:
    """The runs that an instance remembers; only read."""

    instance: dg.DagsterInstance

    def run_that_left(self, asset: str, partition: str, name: str, value: str) -> str | None:
        """Id of the newest run that left this value in a partition of an asset like `clean/ticks`, None for none."""
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset.split("/")), asset_partitions=[partition])
        for record in self.instance.fetch_materializations(wanted, limit=_MOST_RECORDS).records:
            made = record.asset_materialization
            if made is not None and name in made.metadata and made.metadata[name].value == value:
                return record.run_id
        return None
