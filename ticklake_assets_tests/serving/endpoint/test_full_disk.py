"""A disk that is full, really: no acknowledged tick is lost, and the feed goes on where there is room again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError

from ticklake_assets.journal.reading import read_served
from ticklake_assets_tests.serving.endpoint.talking import hear, open_socket, say
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import running_endpoint
from ticklake_assets_tests.small_disks import small_disk


def test_a_disk_that_fills_up_costs_nothing_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = record_day(tmp_path / "landing")
    told = [json.loads(tick.message()) for tick in recorded.ticks]
    rows = [[each[name] for name in ("ts_us", "bid", "ask", "bid_size", "ask_size")] for each in told]
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        monkeypatch.setenv("TICKLAKE_ENDPOINT_DIR", str(disk / "endpoint"))
        monkeypatch.setenv("TICKLAKE_JOURNAL_FREE_BYTES", "0")
        ballast = disk / "ballast"
        with running_endpoint(tmp_path / "home") as endpoint:
            with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
                say(stream, '{"type":"start","complete":true,"rolls":false}')
                assert say(stream, {"type": "ticks", "seq": 1, "rows": rows[:500]})["seq"] == 500
                ballast.write_bytes(bytes(_free(disk) - 8192))
                answer: dict[str, object] = {"seq": 500}
                accepted = 500
                while "error" not in answer:
                    message = {"type": "ticks", "seq": accepted + 1, "rows": rows[accepted : accepted + 40]}
                    answer = say(stream, message)
                    accepted += 0 if "error" in answer else 40
                assert "No space left on device" in str(answer["error"])
                with pytest.raises(ConnectionClosedError, match="1013"):
                    hear(stream)
            assert accepted > 500
            with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
                stands = say(stream, '{"type":"resume"}')
                assert (stands["last_seq"], stands["complete"]) == (accepted, True)
                ballast.unlink()
                rest = {"type": "ticks", "seq": accepted + 1, "rows": rows[accepted:]}
                assert say(stream, rest)["seq"] == len(rows)
            served = read_served(endpoint.settings.journals, DAY)
        assert served.complete
        assert served.matrix[:, 1:].tobytes() == recorded.features.features.tobytes()


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
