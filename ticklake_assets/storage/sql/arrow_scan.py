"""An Iceberg table as an Arrow dataset: scanned as often as asked, piece by piece, only the days that are asked for.

PyIceberg's own scans read what they are told once; DuckDB tells a dataset which columns and which symbol-days
it wants, each time it looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow.dataset as ds
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, PyArrowFileIO, schema_to_pyarrow
from pyiceberg.table import FileScanTask, Table

_EPOCH = date(1970, 1, 1)


def arrow_dataset(table: Table, snapshot_id: int | None = None) -> ds.Dataset:
    """Rows of the table as of now or of a snapshot; files that row deletes apply to are read at once, by PyIceberg.

    A column that the snapshot did not have yet is null.
    """
    tasks = list(table.scan(snapshot_id=snapshot_id).plan_files())
    whole = _of_files(table, [task for task in tasks if not task.delete_files])
    deleted_from = [task for task in tasks if task.delete_files]
    if not deleted_from:
        return whole
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    return ds.dataset([whole, ds.dataset(scan.to_table(deleted_from).cast(whole.schema))])


def _of_files(table: Table, tasks: Sequence[FileScanTask]) -> ds.Dataset:
    schema, form = schema_to_pyarrow(table.schema(), include_field_ids=False), ds.ParquetFileFormat()
    io = table.io
    assert isinstance(io, PyArrowFileIO), "PyIceberg reads local files and S3 by Arrow"
    fragments = []
    for task in tasks:
        scheme, netloc, path = io.parse_location(task.file.file_path)
        system = io.fs_by_scheme(scheme, netloc)
        symbol, day = task.file.partition[0], _EPOCH + timedelta(task.file.partition[1])
        of_day = (ds.field("symbol") == symbol) & (ds.field("trading_day") == day)
        fragments.append(form.make_fragment(path, system, of_day))
    return ds.FileSystemDataset(fragments, schema, form)
