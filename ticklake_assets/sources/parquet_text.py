"""A Parquet file as the CSV text that it would be: one reader for both."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from ticklake_assets.core.errors import SourceError

PARQUET = ".parquet"
NAIVE = "%Y-%m-%d %H:%M:%S%.f"
"""Layout of a timestamp without a zone; one with a zone is written in UTC."""
_ROWS = 1 << 16
_MOST_GROUP_BYTES = 4 << 30
_INDEX = "__index_level_"
"""How pandas calls the columns of an index without a name."""


def parquet_lines(path: Path, most_group_bytes: int = _MOST_GROUP_BYTES) -> Iterator[bytes]:
    """The header, then the rows, some thousand at a time; numbers in their shortest form.

    SourceError where it is damaged, or a column holds what a CSV field can't.
    """
    try:
        with pq.ParquetFile(path) as file:
            _refuse_large(path, file.metadata, most_group_bytes)
            names = [name for name in file.schema_arrow.names if not name.startswith(_INDEX)]
            yield ",".join(names).encode() + b"\n"
            for batch in file.iter_batches(_ROWS, columns=names, use_threads=False):
                yield _lines(batch)
    except pa.ArrowException as error:
        raise SourceError(
            f"{path}: Expected a sound Parquet file of plain columns, was not ({error})"
        ) from None
    except OSError as error:
        if error.errno:
            raise
        raise SourceError(f"{path}: Expected a sound Parquet file, was not ({error})") from None


def _refuse_large(path: Path, metadata: pq.FileMetaData, most: int) -> None:
    """A group of rows is unpacked in one piece."""
    sizes = (metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if (largest := max(sizes, default=0)) > most:
        raise SourceError(f"{path}: Expected groups of rows of at most {most:,} bytes, was {largest:,}")


def _lines(batch: pa.RecordBatch) -> bytes:
    columns = [pc.fill_null(_texts(column), "") for column in batch.columns]
    target = io.BytesIO()
    options = pcsv.WriteOptions(include_header=False, quoting_style="none")
    pcsv.write_csv(pa.table(columns, names=batch.schema.names), target, options)
    return target.getvalue()


def _texts(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not pa.types.is_timestamp(column.type):
        return column.cast(pa.string())
    text = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
    if column.type.tz is None:
        return text
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")
