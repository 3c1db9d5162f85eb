"""Batches of rows as one file, csv, parquet or arrow, which appears whole at the end or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import grown_file

_WITHOUT_HEADER = csv.WriteOptions(include_header=False, quoting_style="none")


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> object: ...


def write_file(batches: pa.RecordBatchReader, path: Path, form: str) -> int:
    """Write the rows as they come; returns how many.

    What lay there is replaced when all is written. Parquet is compressed by zstd; arrow is a file, not a stream.
    """
    rows = 0
    with grown_file(path) as place, WRITERS[form](place, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def form_of(path: Path) -> str:
    """What a file's name asks for; SetupError where it is none of these."""
    form = path.suffix.removeprefix(".").lower()
    if form not in WRITERS:
        raise SetupError(
            f"Expected a file that ends in {', '.join(f'.{each}' for each in WRITERS)}, was {path}"
        )
    return form


@contextmanager
def _csv(place: Path, schema: pa.Schema) -> Iterator[_Csv]:
    with place.open("wb") as file:
        yield _Csv(file, schema)


class _Csv:
    """A header and a line a row: times in ISO 8601 with a Z, no value as nothing, numbers with every digit.

    No text of a layer needs quotation marks, so there are none.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        file.write((",".join(schema.names) + "\n").encode())

    def write_batch(self, batch: pa.RecordBatch) -> None:
        columns = [_iso(each) if pa.types.is_timestamp(each.type) else each for each in batch.columns]
        csv.write_csv(pa.record_batch(columns, names=batch.schema.names), self._file, _WITHOUT_HEADER)


def _iso(times: pa.Array) -> pa.Array:
    text = pc.strftime(times, "%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(text, "Z", "")


WRITERS: dict[str, Callable[[Path, pa.Schema], AbstractContextManager[_Writer]]] = {
    "csv": _csv,
    "parquet": lambda place, schema: pq.ParquetWriter(place, schema, compression="zstd"),
    "arrow": lambda place, schema: pa.ipc.new_file(str(place), schema),
}
