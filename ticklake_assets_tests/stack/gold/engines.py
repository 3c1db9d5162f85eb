"""One question to PyIceberg, Trino and Spark, whose answers must be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError
from pyspark.sql.connect.session import SparkSession

from stack.services import postgres, seaweedfs
from stack.services.spark import SparkConnect
from stack.services.trino import CATALOG, WAREHOUSE, Trino
from stack.site import Site
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.schema import GOLD, NAMESPACE, GoldTable
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets.storage.sql.trino import TrinoEngine

COLUMNS = ("symbol", "trading_day", "bar_end", "bid_close", "tick_count")
Rows = list[tuple[Any, ...]]


def open_gold(site: Site, tables: Mapping[str, GoldTable] = GOLD) -> GoldTables:
    """Gold as the settings of the stack open it."""
    keys = seaweedfs.credentials(site)
    s3 = {
        "s3.endpoint": seaweedfs.endpoint(site),
        "s3.region": seaweedfs.REGION,
        "s3.access-key-id": keys["AWS_ACCESS_KEY_ID"],
        "s3.secret-access-key": keys["AWS_SECRET_ACCESS_KEY"],
    }
    return GoldTables(open_catalog(CATALOG, postgres.database_url(site, "iceberg"), WAREHOUSE, s3), tables)


class Engines:
    """Three readers of the table `bars`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.gold = open_gold(site)
        self.trino = TrinoEngine.from_url(Trino().settings(site)["TICKLAKE_SQL_URL"])
        spark = SparkConnect()
        remote = f"{spark.address(site)}/;token={site.secret(spark.name)}"
        self.spark = SparkSession.builder.remote(remote).create()

    def close(self) -> None:
        """Drop the table, and its files with it: the next test begins anew."""
        with suppress(NoSuchTableError):
            self.gold.catalog.drop_table((NAMESPACE, "bars"))
        client = seaweedfs.s3_client(self.site)
        for page in client.get_paginator("list_objects_v2").paginate(
            Bucket=seaweedfs.BUCKET, Prefix="warehouse/"
        ):
            for entry in page.get("Contents", []):
                client.delete_object(Bucket=seaweedfs.BUCKET, Key=entry["Key"])
        self.spark.stop()
        self.trino.close()
        self.gold.close()

    def agree(
        self, days: Sequence[SymbolDay], version: int | str | None = None, columns: Sequence[str] = COLUMNS
    ) -> Rows:
        """Rows of a symbol's days now, at a snapshot or at a tag, in time order, the same from all three."""
        answers = [self.by_pyiceberg(days, version, columns), self.by_trino(days, version, columns)]
        answers.append(self.by_spark(days, version, columns))
        assert answers[0] == answers[1]
        assert answers[0] == answers[2]
        return answers[0]

    def by_pyiceberg(
        self, days: Sequence[SymbolDay], version: int | str | None = None, columns: Sequence[str] = COLUMNS
    ) -> Rows:
        if isinstance(version, str):
            version = self.gold.table("bars").refs()[version].snapshot_id
        found = self.gold.scan(
            "bars", days[0].symbol, [day.trading_day for day in days], version, list(columns)
        )
        return _rows(found)

    def by_trino(
        self, days: Sequence[SymbolDay], version: int | str | None = None, columns: Sequence[str] = COLUMNS
    ) -> Rows:
        at = "" if version is None else f"FOR VERSION AS OF {_literal(version)}"
        return [_in_utc(row) for row in self.trino.query(_question("gold.bars", at, days, columns)).rows]

    def by_spark(
        self, days: Sequence[SymbolDay], version: int | str | None = None, columns: Sequence[str] = COLUMNS
    ) -> Rows:
        at = "" if version is None else f"VERSION AS OF {_literal(version)}"
        return self.ask_spark(_question(f"{CATALOG}.gold.bars", at, days, columns))

    def ask_spark(self, sql: str) -> Rows:
        return _rows(self.spark.sql(sql).toArrow())


def _question(table: str, at: str, days: Sequence[SymbolDay], columns: Sequence[str]) -> str:
    listed = ", ".join(f"DATE '{day.trading_day}'" for day in days)
    where = f"symbol = '{days[0].symbol}' AND trading_day IN ({listed})"
    return f"SELECT {', '.join(columns)} FROM {table} {at} WHERE {where} ORDER BY trading_day, bar_end"


def _literal(version: int | str) -> str:
    return f"'{version}'" if isinstance(version, str) else str(version)


def _rows(found: pa.Table) -> Rows:
    return [_in_utc(tuple(row.values())) for row in found.to_pylist()]


def _in_utc(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in row)
