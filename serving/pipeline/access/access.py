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
        self.is_tls = bool(
            settings.pages_tls_cert or settings.pages_behind_proxy or settings.pages_url.startswith("https:")
        )
        """Whether people come over TLS, be it a proxy's."""
        self.cookie = f"__Host-{_COOKIE}" if self.is_tls else _COOKIE
        """A name with the prefix can be set by this host alone, and over TLS alone."""
        self.people = People(home)
        self.sessions = Sessions(home, self.people)
        self.audit = AuditLog(home)
        self.oidc = Oidc.of(settings)
        self.guesses = Guesses()

    def close(self) -> None:
        self.sessions.close()


def access_of(request: Request) -> Access:
    return cast(Access, request.app.state.access)
