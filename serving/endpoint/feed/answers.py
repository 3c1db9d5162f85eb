"""Answers of the stream: what is worth saying of a message's ticks."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from serving.endpoint.feed.live_day import status_of
from serving.endpoint.journal.records import Batch


def single(batch: Batch) -> bytes:
    """The answer to one tick."""
    status, rule = status_of(int(batch.codes[0]))
    signals = batch.signals[0] if batch.signals else ()
    return orjson.dumps(
        {"seq": batch.first_seq, "status": status, "rule": rule, "signal": signals[0] if signals else None}
    )


def acknowledgement(batches: list[Batch], last_seq: int | None, after: int = -1) -> dict[str, Any]:
    """Everything up to `last_seq` is remembered; signals and what was not clean, of ticks after `after`."""
    signals = [each[0] for batch in batches for each in batch.signals if each and each[0]["seq"] > after]
    not_clean = []
    for batch in batches:
        for row in np.flatnonzero(batch.codes):
            seq = batch.first_seq + int(row)
            if seq > after:
                status, rule = status_of(int(batch.codes[row]))
                not_clean.append({"seq": seq, "status": status, "rule": rule})
    return {"type": "ack", "seq": last_seq, "signals": signals, "not_clean": not_clean}


def error(text: str, seq: int | None = None) -> bytes:
    """The answer to a message that could not be used."""
    return orjson.dumps({"type": "error", "seq": seq, "error": text})
