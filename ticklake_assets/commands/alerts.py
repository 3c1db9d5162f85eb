"""Alerts, as Alertmanager posts them to a webhook, in words for people."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel


class Message(NamedTuple):
    """What people are told: of what kind, about whom, and the rest."""

    kind: str
    subject: str
    text: str


class _Alert(BaseModel):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str]


class Posted(BaseModel):
    """One post of Alertmanager, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""

    version: Literal["4"]
    alerts: list[_Alert]

    def messages(self) -> list[Message]:
        return [_message(alert) for alert in self.alerts]


def _message(alert: _Alert) -> Message:
    labels = {name: value for name, value in alert.labels.items() if name not in _SAID}
    name = alert.labels.get("alertname", "alert")
    kind = name if alert.status == "firing" else f"{name} is over"
    subject = next((labels[label] for label in _SUBJECTS if label in labels), "stack")
    said = [alert.annotations.get(part, "") for part in ("summary", "description")]
    return Message(kind, subject, "\n".join(part for part in said if part) or str(labels))


_SUBJECTS = ("symbol", "sensor", "job", "folder", "part")
"""The labels that say whom an alert is about, the closest first."""
_SAID = {"alertname", "severity", "instance"}
