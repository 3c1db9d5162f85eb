"""What the dashboards show: for each panel its title, its unit and the queries of its curves.

`$symbol` is what the reader chooses; `$__rate_interval` is Grafana's own, four scrapes or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Curve(NamedTuple):
    query: str
    legend: str
    """With the labels of the series, like {{symbol}}."""


class Panel(NamedTuple):
    title: str
    unit: str
    """As Grafana names it: s, bytes, percentunit, short."""
    curves: Sequence[Curve]


class Board(NamedTuple):
    name: str
    """Of its file, and of its address in Grafana."""
    title: str
    panels: Sequence[Panel]
    symbols: str = ""
    """The series whose symbols the reader chooses from; empty: nothing is asked."""


def _rate(counter: str, *labels: str, of: str = "") -> str:
    return f"sum by ({', '.join(labels)}) (rate({counter}{{{of}}}[$__rate_interval]))"


def _quantile(share: float, stage: str) -> str:
    bucket = f'ticklake_endpoint_stage_seconds_bucket{{stage="{stage}"}}'
    return f"histogram_quantile({share}, sum by (le) (rate({bucket}[$__rate_interval])))"


_CHOSEN = 'symbol=~"$symbol"'
_E = "ticklake_endpoint_"

ENDPOINT = Board(
    "ticklake-endpoint",
    "ticklake: endpoint",
    [
        Panel(
            "Message in, answer out",
            "s",
            [Curve(_quantile(share, "total"), f"p{100 * share:g}") for share in (0.5, 0.99)],
        ),
        Panel(
            "Mean time by stage",
            "s",
            [
                Curve(
                    f"{_rate(f'{_E}stage_seconds_sum', 'stage')} / {_rate(f'{_E}stage_seconds_count', 'stage')}",
                    "{{stage}}",
                )
            ],
        ),
        Panel(
            "Ticks a second", "short", [Curve(_rate(f"{_E}ticks_total", "symbol", of=_CHOSEN), "{{symbol}}")]
        ),
        Panel(
            "Events and signals a second",
            "short",
            [
                Curve(_rate(f"{_E}events_total", "symbol", of=_CHOSEN), "events {{symbol}}"),
                Curve(_rate(f"{_E}signals_total", "symbol", "side", of=_CHOSEN), "{{side}} {{symbol}}"),
            ],
        ),
        Panel(
            "Reasons to abstain, a second",
            "short",
            [Curve(_rate(f"{_E}abstentions_total", "symbol", "reason", of=_CHOSEN), "{{reason}} {{symbol}}")],
        ),
        Panel(
            "Quarantined ticks",
            "percentunit",
            [
                Curve(
                    f"{_rate(f'{_E}quarantined_total', 'symbol', 'rule', of=_CHOSEN)} / on (symbol) group_left () "
                    f"{_rate(f'{_E}ticks_total', 'symbol', of=_CHOSEN)}",
                    "{{rule}} {{symbol}}",
                )
            ],
        ),
        Panel(
            "Age of the feed, while the venue is open",
            "s",
            [
                Curve(
                    f"{_E}feed_age_seconds{{{_CHOSEN}}} and on (symbol) ticklake_session_open == 1",
                    "{{symbol}}",
                )
            ],
        ),
        Panel("Drift", "short", [Curve(f"{_E}drift{{{_CHOSEN}}}", "{{what}} {{symbol}}")]),
        Panel("Breakers: 1 is open", "short", [Curve(f"{_E}breaker_open{{{_CHOSEN}}}", "{{symbol}}")]),
        Panel("Age of models", "s", [Curve(f"{_E}model_age_seconds{{{_CHOSEN}}}", "{{mode}} {{symbol}}")]),
        Panel(
            "Journals",
            "bytes",
            [
                Curve(f"{_E}journal_bytes", "kept"),
                Curve(f"{_E}journal_free_bytes", "free on the disk"),
                Curve(f"{_E}journal_unsynced_bytes", "not synced yet"),
            ],
        ),
        Panel(
            "Connections, and messages refused a second",
            "short",
            [
                Curve(f"{_E}connections", "{{kind}}"),
                Curve(f"rate({_E}refused_messages_total[$__rate_interval])", "refused"),
            ],
        ),
    ],
    symbols="ticklake_endpoint_ticks_total",
)

PIPELINE = Board(
    "ticklake-pipeline",
    "ticklake: pipeline",
    [
        Panel("Runs now", "short", [Curve('ticklake_runs{status=~"QUEUED|STARTING|STARTED"}', "{{status}}")]),
        Panel(
            "Runs that ended, an hour",
            "short",
            [
                Curve('delta(ticklake_runs{status="SUCCESS"}[1h])', "success"),
                Curve("sum by (job) (increase(ticklake_run_failures_total[1h]))", "failure of {{job}}"),
            ],
        ),
        Panel("Since a sensor looked well", "s", [Curve("ticklake_sensor_age_seconds", "{{sensor}}")]),
        Panel("Parity", "percentunit", [Curve(f"ticklake_parity_share{{{_CHOSEN}}}", "{{symbol}}")]),
        Panel("Days by layer", "short", [Curve(f"ticklake_days{{{_CHOSEN}}}", "{{layer}} {{symbol}}")]),
        Panel(
            "Days on the way from raw to gold",
            "short",
            [
                Curve(
                    f'ticklake_days{{{_CHOSEN}, layer="raw"}} - ignoring (layer) ticklake_days{{layer="gold"}}',
                    "{{symbol}}",
                )
            ],
        ),
        Panel("Open venues", "short", [Curve(f"ticklake_session_open{{{_CHOSEN}}}", "{{symbol}}")]),
        Panel("Figures that could be read", "short", [Curve("ticklake_figures_ok", "{{part}}")]),
    ],
    symbols="ticklake_session_open",
)

SERVICES = Board(
    "ticklake-services",
    "ticklake: services",
    [
        Panel("Answers", "short", [Curve("up", "{{job}}")]),
        Panel("Alerts", "short", [Curve('ALERTS{alertstate="firing"}', "{{alertname}}")]),
        Panel(
            "Memory",
            "bytes",
            [Curve("process_resident_memory_bytes", "{{job}}")],
        ),
        Panel("Time of a scrape", "s", [Curve("scrape_duration_seconds", "{{job}}")]),
        Panel("Room of the disks", "bytes", [Curve("ticklake_disk_free_bytes", "{{folder}}")]),
        Panel("Size of databases", "bytes", [Curve("ticklake_database_bytes", "{{database}}")]),
        Panel("Connections to databases", "short", [Curve("ticklake_database_connections", "{{database}}")]),
        Panel(
            "Transactions a second",
            "short",
            [
                Curve(_rate("ticklake_database_commits_total", "database"), "{{database}}"),
                Curve(_rate("ticklake_database_rollbacks_total", "database"), "rolled back {{database}}"),
            ],
        ),
        Panel(
            "Requests to S3 a second",
            "short",
            [Curve(_rate("SeaweedFS_s3_request_total", "type", "code"), "{{type}} {{code}}")],
        ),
        Panel(
            "Files that wait in NiFi",
            "short",
            [Curve('nifi_amount_items_queued{component_type="RootProcessGroup"}', "{{component_name}}")],
        ),
        Panel(
            "Trino's queries",
            "short",
            [
                Curve("trino_execution_name_QueryManager_RunningQueries", "running"),
                Curve("trino_execution_name_QueryManager_QueuedQueries", "queued"),
            ],
        ),
        Panel("Size of buckets", "bytes", [Curve("SeaweedFS_s3_bucket_size_bytes", "{{bucket}}")]),
    ],
)

BOARDS = (ENDPOINT, PIPELINE, SERVICES)
