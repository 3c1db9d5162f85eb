"""What stands in a journal's frames: ticks as they came, the verdict on each, and the events with their signals."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.tables import Bytes, Floats, Ints

NO_SEQ = -1
"""First number of ticks that were back-filled: they have none."""
_COUNTS = struct.Struct("<qqIIII")
_COLUMNS = ("<i8", "<f8", "<f8", "<f8", "<f8", "u1")


_ONE = struct.Struct("<qqIIIIqddddBb")
"""The same of one tick: its counts, columns and code."""


class Batch(NamedTuple):
    """A message's ticks, and what came of them; the unit that is journaled and acknowledged, whole or not at all."""

    first_seq: int
    received_us: int
    """The server's clock when the message came, epoch microseconds UTC."""
    ticks: RawColumns
    codes: Bytes
    """What became of each tick, shape (n,): a code of `core.rule_kernel`, or `verdicts.FUTURE`."""
    event_rows: NDArray[np.uint32]
    """Places of the ticks that made events, shape (m,)."""
    event_ts_us: Ints
    features: Floats
    """Shape (m, features), as they were scored."""
    signals: list[list[dict[str, Any]]]
    """Of each event a signal a model, the champion's first."""

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.codes) - 1


def pack(batch: Batch) -> bytes:
    """A batch as a payload; float64 and int64 keep their bits."""
    signals = orjson.dumps(batch.signals, option=orjson.OPT_SERIALIZE_NUMPY) if batch.signals else b""
    rows, events = len(batch.codes), len(batch.event_rows)
    width = batch.features.shape[1] if events else 0
    parts = [_COUNTS.pack(batch.first_seq, batch.received_us, rows, events, width, len(signals))]
    parts += [column.tobytes() for column in batch.ticks]
    parts.append(batch.codes.tobytes())
    if events:
        parts += [batch.event_rows.tobytes(), batch.event_ts_us.tobytes(), batch.features.tobytes(), signals]
    return b"".join(parts)


def pack_tick(
    received_us: int,
    tick: tuple[int, int, float, float, float, float, int],
    code: int,
    event: tuple[Ints, Floats] | None = None,
    signals: list[dict[str, Any]] | None = None,
) -> bytes:
    """One tick (`feed.messages.Tick`) as `pack` packs a batch of it; `event` is time and features, shape (1, F)."""
    seq, *columns = tick
    if event is None:
        return _ONE.pack(seq, received_us, 1, 0, 0, 0, *columns, code)
    ts_us, features = event
    told = orjson.dumps([signals], option=orjson.OPT_SERIALIZE_NUMPY)
    head = _ONE.pack(seq, received_us, 1, 1, features.shape[1], len(told), *columns, code)
    return b"".join((head, bytes(4), ts_us.tobytes(), features.tobytes(), told))


def unpack(payload: bytes) -> Batch:
    """The batch of a payload; its arrays are read-only views of it."""
    first_seq, received_us, rows, events, width, signal_bytes = _COUNTS.unpack_from(payload)
    offset = _COUNTS.size

    def take(kind: str, count: int) -> NDArray[Any]:
        nonlocal offset
        taken = np.frombuffer(payload, kind, count, offset)
        offset += taken.nbytes
        return taken

    ticks = RawColumns(*(take(kind, rows) for kind in _COLUMNS))
    codes, event_rows, event_ts_us = take("i1", rows), take("<u4", events), take("<i8", events)
    features = take("<f8", events * width).reshape(events, width)
    signals = orjson.loads(payload[offset : offset + signal_bytes]) if signal_bytes else []
    return Batch(first_seq, received_us, ticks, codes, event_rows, event_ts_us, features, signals)
