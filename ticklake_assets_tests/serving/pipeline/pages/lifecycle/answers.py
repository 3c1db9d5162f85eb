"""A Dagster that answers as the real one was heard to: a small HTTP server at the product's own seam."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MADE = {
    "runId": "11111111-aaaa",
    "timestamp": "1705500000000",
    "stepStats": {"startTime": 1705499990.0, "endTime": 1705499992.5},
    "metadataEntries": [
        {"label": "version", "text": "SYNEUR/2024-01-17/v1"},
        {"label": "rows", "intRepr": "1234"},
    ],
}
FAILED = {
    "runId": "22222222-bbbb",
    "jobName": "__ASSET_JOB",
    "status": "FAILURE",
    "startTime": 1705500100.0,
    "endTime": 1705500110.0,
    "creationTime": 1705500099.0,
    "canTerminate": False,
    "assetSelection": [{"path": ["model", "trained"]}],
    "tags": [{"key": "dagster/partition", "value": "SYNEUR|2024-01-17"}],
}
ERROR = {
    "message": "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred while executing op",
    "stack": ["  File x.py\n"],
    "causes": [{"message": "ticklake_assets.core.errors.DataError: Expected 1 or more trials, was 0\n"}],
}


def answers() -> dict[str, Any]:
    assets = [
        "dataset/training",
        "model/trained",
        "model/validated",
        "model/tested",
        "report/walk_forward",
        "deploy/endpoint",
    ]
    nodes = [
        {
            "assetKey": {"path": asset.split("/")},
            "staleStatus": "STALE" if asset == "model/tested" else "FRESH",
            "staleCauses": [{"reason": "has a new materialization"}] if asset == "model/tested" else [],
            "latestMaterializationByPartition": [
                MADE if asset in ("dataset/training", "model/tested") else None
            ],
        }
        for asset in assets
    ]
    fields = [
        ("trials", "Noneable.IntSourceType", "8"),
        ("seed", "Noneable.IntSourceType", "1"),
        ("rate", "Float", "0.5"),
        ("dirty", "Noneable.BoolSourceType", "true"),
        ("name", "StringSourceType", '"x"'),
    ]
    config = [
        {
            "name": name,
            "description": None,
            "isRequired": False,
            "defaultValueAsJson": default,
            "configType": {"key": key},
        }
        for name, key, default in fields
    ]
    event = {"message": "Loading", "timestamp": "1705500101000", "level": "INFO", "stepKey": "model__trained"}
    run = FAILED | {
        "__typename": "Run",
        "runConfigYaml": "{}",
        "stepStats": [{"stepKey": "model__trained", "status": "FAILURE", "startTime": 1.0, "endTime": 3.5}],
        "eventConnection": {
            "events": [event, {**event, "level": "ERROR", "message": "it failed", "error": ERROR}]
        },
    }
    return {
        "Latest": {"assetNodes": nodes},
        "ConfigFields": {
            "assetNodes": [
                {
                    "assetKey": {"path": ["model", "trained"]},
                    "opNames": ["model__trained"],
                    "configField": {"configType": {"fields": config}},
                }
            ]
        },
        "Runs": {"runsOrError": {"__typename": "Runs", "results": [FAILED]}},
        "Run": {"runOrError": run},
        "Backfills": {"partitionBackfillsOrError": {"__typename": "PartitionBackfills", "results": []}},
        "Launch": {
            "launchPartitionBackfill": {"__typename": "LaunchBackfillSuccess", "backfillId": "abcdef"}
        },
        "Terminate": {"terminateRun": {"__typename": "TerminateRunSuccess"}},
        "Cancel": {"cancelPartitionBackfill": {"__typename": "CancelBackfillSuccess"}},
    }


@contextmanager
def answering(told: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its address, and what it was asked so far."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(body)
            found = told.get(body["operationName"])
            answer = {"data": found} if found else {"errors": [{"message": f"no {body['operationName']}"}]}
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
