"""Messages of a stream that are right, nearly right, or meant to harm; drawn from a seed."""

from __future__ import annotations

import json
import random
from typing import Any

from serving.endpoint.feed.messages import COLUMNS, MOST_TICKS
from ticklake_assets_tests.serving.recorded_day import DAY

LARGEST_MESSAGE = 4 * 1024 * 1024
_ODD = (
    None,
    True,
    "",
    "nan",
    "-inf",
    "1.1",
    [],
    {},
    -1,
    0,
    -0.0,
    0.5,
    5e-324,
    1e308,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**30,
    10**308,
    10**400,
)
_HOSTILE = (
    "",
    " ",
    "null",
    "0",
    '"start"',
    "[]",
    "{}",
    "{",
    "NaN",
    '{"type":NaN}',
    '{"type":"start","complete":1}',
    '{"type":"start","complete":true,"complete":"no"}',
    '{"type":["ticks"],"seq":1}',
    '{"type":{"type":"ticks"}}',
    '{"type":"resume","acknowledged":-1}',
    '{"type":"resume","acknowledged":1e300}',
    '{"type":"ticks","seq":1,"rows":[[1,2,3,4]]}',
    '{"type":"ticks","seq":1,"rows":[]}',
    '{"type":"ticks","seq":1,"rows":{}}',
    '{"type":"ticks","seq":1,"rows":[[1,1,1,1,1]],"bid":[1]}',
    '{"type":"ticks","seq":1,"ts_us":[1,2],"bid":[1],"ask":[1],"bid_size":[1],"ask_size":[1]}',
    '{"type":"backfilled","now":true}',
    '{"type":"backfill","rows":[[1,1,1,1,"x"]]}',
    '{"seq":1,"ts_us":1,"bid":1e999,"ask":1,"bid_size":1,"ask_size":1}',
    '{"seq":1,"ts_us":1,"bid":-1e999,"ask":1,"bid_size":1,"ask_size":1}',
    '{"seq":"\\ud800","ts_us":1}',
    "[" * 100_000,
    '{"type":' * 5_000,
    "\ufeff{}",
    "\x00",
)


class Fuzzer:
    """It knows where the stream stands, so that much of what it draws is taken in; its time passes midnights."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._ticks = 0
        self._ts_us = DAY.start_us
        self._last: str = '{"type":"resume"}'

    def message(self, last_seq: int | None) -> str | bytes:
        """The next one; bytes go out as they are, in a text frame where they are no binary one."""
        seq = 1 if last_seq is None else last_seq + 1
        if seq > 2**62:
            return '{"type":"start","complete":true}'
        draw = self._random
        kinds = [
            (30, lambda: self._good(seq)),
            (30, lambda: self._nearly_good(seq)),
            (15, lambda: self._mutated(seq)),
            (8, lambda: draw.choice(_HOSTILE)),
            (4, lambda: self._last),
            (2, lambda: draw.randbytes(draw.randint(0, 40))),
            (4, lambda: json.dumps({"type": "resume", "acknowledged": draw.randint(0, seq)})),
            (2, lambda: json.dumps({"type": "backfill", "rows": self._rows(draw.randint(1, 4))})),
            (1, lambda: '{"type":"backfilled"}'),
            (1, lambda: self._start()),
        ]
        (made,) = draw.choices([make for _, make in kinds], [weight for weight, _ in kinds])
        found = made()
        if isinstance(found, str):
            self._last = found
        return found

    def large(self, seq: int) -> list[str]:
        """Messages at the limits of size: as many ticks as are allowed, one more, 4 MiB, and one byte more."""
        most = json.dumps({"type": "ticks", "seq": seq, "rows": self._rows(MOST_TICKS)})
        more = json.dumps({"type": "ticks", "seq": seq, "rows": [[1, 1, 1, 1, 1]] * (MOST_TICKS + 1)})
        padded = '{"type":"resume"}'.ljust(LARGEST_MESSAGE)
        return [most, more, padded, "9" * LARGEST_MESSAGE, padded + " "]

    def _start(self) -> str:
        draw = self._random
        self._ts_us = DAY.start_us
        told = {"type": "start", "complete": draw.random() < 0.8, "rolls": draw.random() < 0.8}
        return json.dumps(told)

    def _good(self, seq: int) -> str:
        draw = self._random
        if draw.random() < 0.5:
            (row,) = self._rows(1)
            return json.dumps({"seq": seq, **dict(zip(COLUMNS, row, strict=True))})
        rows = self._rows(draw.randint(1, 12))
        if draw.random() < 0.5:
            return json.dumps({"type": "ticks", "seq": seq, "rows": rows})
        columns = [list(column) for column in zip(*rows, strict=True)]
        return json.dumps({"type": "ticks", "seq": seq, **dict(zip(COLUMNS, columns, strict=True))})

    def _rows(self, count: int) -> list[list[Any]]:
        return [self._row() for _ in range(count)]

    def _row(self) -> list[Any]:
        """A tick, each another; now and then late, of another day, from the future, crossed, absurd, or lacking."""
        draw = self._random
        self._ticks += 1
        self._ts_us += 6_000_000_000 if draw.random() < 0.007 else draw.choice((0, 1, 1000, 250_000))
        ts_us: int | None = self._ts_us
        bid = round(1.1 + self._ticks * 1e-9, 9)
        row: list[Any] = [ts_us, bid, round(bid + draw.choice((0.0001, 0.0002)), 9), 1.0, 2.5]
        if draw.random() < 0.15:
            row[0] = draw.choice(
                (
                    None,
                    self._ts_us - draw.randint(1, 10**9),
                    DAY.start_us - draw.randint(1, 10**12),
                    DAY.end_us + draw.randint(0, 10**12),
                    4_000_000_000_000_000,
                    2**63 - 1,
                    -(2**63),
                    0,
                )
            )
        if draw.random() < 0.1:
            place = draw.randint(2, 4)
            row[place] = draw.choice((None, "nan", "inf", -1.0, 0.0, 1e-300, 1e300, 1.05))
        return row

    def _nearly_good(self, seq: int) -> str:
        """A good message with one thing wrong, or odd."""
        draw, body = self._random, json.loads(self._good(seq))
        name = draw.choice(list(body))
        match draw.randint(0, 5):
            case 0:
                del body[name]
            case 1:
                body["volume"] = 1
            case 2 | 3:
                body[name] = draw.choice(_ODD)
            case 4 if isinstance(body[name], list):
                body[name][draw.randrange(len(body[name]))] = draw.choice(_ODD)
            case _:
                body["seq"] = seq + draw.choice((-1000, -2, -1, 1, 7, 2**40, 2**63, 10**30))
        return json.dumps(body)

    def _mutated(self, seq: int) -> str | bytes:
        """A good message with characters changed, cut out or doubled; seldom no UTF-8 any more."""
        draw = self._random
        content = bytearray(self._good(seq).encode())
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(content))
            match draw.randint(0, 3):
                case 0:
                    content[at] = draw.choice(b'0123456789.-+eE{}[]",:tfn ')
                case 1:
                    del content[at : at + draw.randint(1, 10)]
                case 2:
                    content[at:at] = content[at : at + draw.randint(1, 10)]
                case _:
                    content[at] = draw.randrange(256) if draw.random() < 0.05 else draw.randrange(32, 127)
            content = content or bytearray(b" ")
        try:
            return content.decode()
        except UnicodeDecodeError:
            return bytes(content)
