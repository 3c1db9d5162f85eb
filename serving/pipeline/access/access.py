"""What the door, the routes of signing in and the audit share: one object an app."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from serving.pipeline.access.audit import AuditLog
from serving.pipeline.access.guesses import Guesses
from serving.pipeline.access.oidc import Oidc
from serving.pipeline.access.people import People
from serving.pipeline.access.sessions import Sessions
from ticklake_assets.settings import Settings


class Access:
    def __init__(self, settings: Settings) -> None:
        home = settings.pages_home
        self.home = home
        self.people = People(home)
        self.sessions = Sessions(home, self.people)
        self.audit = AuditLog(home)
        self.oidc = Oidc.of(settings)
        self.guesses = Guesses()

    def close(self) -> None:
        self.sessions.close()


def access_of(request: Request) -> Access:
    return cast(Access, request.app.state.access)
