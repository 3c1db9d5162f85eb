"""All that pages ask: one object a process, each source opened when it is first asked."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from ticklake_assets.settings import Settings


class Sources:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def sources(request: Request) -> Sources:
    return cast(Sources, request.app.state.sources)
