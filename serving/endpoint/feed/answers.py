"""Answers of the stream: what is worth saying of a message's ticks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import orjson

from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import status_of


class Said(NamedTuple):
    """The answer to a message."""

    text: bytes
    acknowledges: int | None = None
    """Where there is nothing to say but that everything up to this `seq` is remembered, which may wait a moment."""


def tick(seq: int, code: int, signals: list[dict[str, Any]]) -> bytes:
    """The answer to one tick."""
    if not code and not signals:
        return b'{"seq":%d,"status":"clean","rule":null,"signal":null}' % seq
    status, rule = status_of(code)
    return orjson.dumps(
        {"seq": seq, "status": status, "rule": rule, "signal": signals[0] if signals else None}
    )


def of_single(batch: Batch) -> bytes:
    """The same from the record of it."""
    return tick(batch.first_seq, int(batch.codes[0]), batch.signals[0] if batch.signals else [])


def tick_acknowledged(seq: int, code: int, signals: list[dict[str, Any]]) -> Said:
    """The acknowledgement of one tick of a pipelined client and of all before it."""
    if not code and not signals:
        return Said(acknowledged(seq), seq)
    status, rule = status_of(code)
    not_clean = [{"seq": seq, "status": status, "rule": rule}] if code else []
    return Said(orjson.dumps({"type": "ack", "seq": seq, "signals": signals[:1], "not_clean": not_clean}))


def acknowledged(seq: int) -> bytes:
    """Everything up to `seq` is remembered, and there is nothing to say of it."""
    return b'{"type":"ack","seq":%d,"signals":[],"not_clean":[]}' % seq


def acknowledgement(batches: Iterable[Batch], last_seq: int | None, after: int = -1) -> dict[str, Any]:
    """Everything up to `last_seq` is remembered; signals and what was not clean, of ticks after `after`."""
    signals, not_clean = [], []
    for batch in batches:
        signals += [each[0] for each in batch.signals if each and each[0]["seq"] > after]
        for row in np.flatnonzero(batch.codes).tolist():
            seq = batch.first_seq + row
            if seq > after:
                status, rule = status_of(int(batch.codes[row]))
                not_clean.append({"seq": seq, "status": status, "rule": rule})
    return {"type": "ack", "seq": last_seq, "signals": signals, "not_clean": not_clean}


def error(text: str, seq: int | None = None) -> bytes:
    """The answer to a message that could not be used."""
    return orjson.dumps({"type": "error", "seq": seq, "error": text})
