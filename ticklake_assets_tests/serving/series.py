"""What Prometheus would keep of an exposition."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def series_of(text: str) -> dict[str, float]:
    """Values by `name label=value ...`, without the endpoint's prefix, labels in the order of the alphabet."""
    told: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [f"{name}={value}" for name, value in sorted(sample.labels.items())]
            key = " ".join([sample.name.removeprefix("ticklake_endpoint_"), *labels])
            assert key not in told
            told[key] = sample.value
    return told
