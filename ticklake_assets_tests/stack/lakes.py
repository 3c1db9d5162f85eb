"""A lake on the stack's S3, filled and cleaned by processes of their own, and the oracle's opinion of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from stack.services import seaweedfs
from stack.site import Site
from ticklake_assets.core.schemas import TICKS, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.source import TickSource
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator
from ticklake_assets_tests.oracles.clean_polars import Cleaned, clean_by_polars
from ticklake_assets_tests.spark.same_rows import assert_same_rows

_OURS = ("TICKLAKE_", "AWS_", "SPARK_")


class StackLake:
    """Days under a prefix of the stack's bucket; Spark is wherever the settings of a run say."""

    def __init__(self, site: Site, prefix: str, home: Path) -> None:
        url = f"s3://{seaweedfs.BUCKET}/{prefix}"
        self._landing = home / "landing"
        self._settings = seaweedfs.SeaweedFS().settings(site)
        self._settings |= {"TICKLAKE_HOME": str(home), "TICKLAKE_LAKE_URL": url}
        self.store = open_store(url, seaweedfs.s3_client(site))
        self.parquet, self.clean = (PartitionStore(self.store, layer) for layer in ("parquet", "clean"))

    def fill(self, source: TickSource, days: Sequence[SymbolDay]) -> None:
        """Bring days to the Parquet layer."""
        replicator = EmbeddedReplicator(self._landing, self.store)
        for day in days:
            publish_day(self._landing, day, source.fetch_day(day))
            replicator.deliver(day)
        self.run("raw,parquet", days)

    def run(self, groups: str, days: Sequence[SymbolDay], **settings: str) -> None:
        """Materialize; the days must succeed."""
        with self.start(groups, days, **settings) as run:
            _, said = run.communicate()
        assert run.returncode == 0, said[-3_000:]

    def start(self, groups: str, days: Sequence[SymbolDay], **settings: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        program = [sys.executable, "-m", "ticklake_assets_tests.stack.materialize"]
        return subprocess.Popen(
            [*program, groups, days[0].key, days[-1].key],
            env=inherited | self._settings | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _expected(self, days: Sequence[SymbolDay]) -> Cleaned:
        ticks = pa.concat_tables(_with_day(day, self.parquet.read(day, names(TICKS))) for day in days)
        return clean_by_polars(pl.DataFrame(ticks))

    def assert_cleaned(self, days: Sequence[SymbolDay]) -> None:
        """Expect what the oracle makes of the Parquet layer, and no file under `clean/` that no manifest lists."""
        expected = self._expected(days)
        kept = (_with_day(day, self.clean.read(day)) for day in days)
        refused = (_with_day(day, self.clean.read_quarantine(day)) for day in days)
        assert_same_rows(pa.concat_tables(kept), expected.clean)
        assert_same_rows(pa.concat_tables(refused), expected.quarantine)
        assert self.unlisted(days) == set()

    def unlisted(self, days: Sequence[SymbolDay]) -> set[str]:
        """Objects of generations that no manifest of these days lists."""
        listed = {key for manifest in self.clean.manifests(days).values() for key in manifest.keys}
        return {found.key for found in self.store.list("clean/") if "/gen=" in found.key} - listed


def _with_day(day: SymbolDay, rows: pa.Table) -> pa.Table:
    rows = rows.append_column("symbol", pa.repeat(day.symbol, rows.num_rows))
    return rows.append_column("trading_day", pa.repeat(pa.scalar(day.trading_day), rows.num_rows))
