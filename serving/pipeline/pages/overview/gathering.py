"""All that the overview shows, asked of each source on its own: what one does not say is absent, and said to be."""

from __future__ import annotations

from datetime import UTC, datetime

from serving.pipeline.pages.overview.facts import Known
from serving.pipeline.sources.all import Sources


def known(sources: Sources) -> Known:
    return Known(datetime.now(UTC))
