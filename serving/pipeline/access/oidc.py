"""Sign-in by another server: OpenID Connect's code flow with PKCE (RFC 7636), checked as its Core 3.1.3.7 says."""

from __future__ import annotations

import secrets
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from serving.pipeline.access.id_token import claims_of, person_of, roles_by_value
from serving.pipeline.access.roles import Person, Role
from serving.pipeline.answers import ServiceDown
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.settings import Settings

_TIMEOUT_S = 10.0
_UNDER_WAY_S = 600.0
_MOST_UNDER_WAY = 1000


@dataclass(frozen=True)
class UnderWay:
    """A sign-in that has left for the other server."""

    nonce: str
    verifier: str
    back: str
    began: float


@dataclass
class Oidc:
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    claim: str
    roles: dict[str, tuple[Role, ...]]
    """Ours by a value of the claim."""
    _under_way: dict[str, UnderWay] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, settings: Settings) -> Oidc | None:
        """None where no issuer is set; SetupError where a part is missing."""
        if not settings.pages_oidc_issuer:
            return None
        if not settings.pages_oidc_client_id:
            raise SetupError(
                "TICKLAKE_PAGES_OIDC_CLIENT_ID: Expected the client's id at the issuer, was none"
            )
        return cls(
            _expected_issuer(settings.pages_oidc_issuer),
            settings.pages_oidc_client_id,
            settings.pages_oidc_client_secret.get_secret_value(),
            f"{settings.pages_url.rstrip('/')}/enter/oidc/back",
            settings.pages_oidc_claim,
            roles_by_value(settings.pages_oidc_roles),
        )

    def leave(self, back: str) -> tuple[str, str]:
        """The other server's address, and the state that the same browser has to bring back."""
        there, now = self._discovered()["authorization_endpoint"], time.time()
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with self._lock:
            while self._under_way and (
                len(self._under_way) >= _MOST_UNDER_WAY
                or now - next(iter(self._under_way.values())).began > _UNDER_WAY_S
            ):
                self._under_way.pop(next(iter(self._under_way)))
            begun = self._under_way[state] = UnderWay(secrets.token_urlsafe(24), verifier, back, now)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}", state

    def arrive(self, code: str, state: str) -> tuple[Person, str]:
        """The person, and where they wanted to go; DataError for an answer that is none, or a person without a role."""
        with self._lock:
            begun = self._under_way.pop(state, None)
        if begun is None or time.time() - begun.began > _UNDER_WAY_S:
            raise DataError(
                "Expected an answer to a sign-in of the last ten minutes, was none: sign in again"
            )
        found = self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": begun.verifier,
        }
        auth = httpx.BasicAuth(self.client_id, self.client_secret) if self.client_secret else None
        form |= {} if auth else {"client_id": self.client_id}
        tokens = self._call("POST", found["token_endpoint"], data=form, auth=auth)
        keys = self._call("GET", found["jwks_uri"])
        claims = claims_of(
            str(tokens.get("id_token", "")), keys, found["issuer"], self.client_id, begun.nonce
        )
        return person_of(claims, self.claim, self.roles), begun.back

    def _discovered(self) -> dict[str, Any]:
        """What it says of itself; its issuer may end in a slash, which its tokens then say, too."""
        found = self._call("GET", f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise DataError(f"Expected the issuer {self.issuer}, was {found.get('issuer')!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_safe(str(found.get(name, ""))):
                raise DataError(
                    f"{self.issuer}: Expected an https address as {name}, was {found.get(name)!r}"
                )
        return found

    def _call(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, url, timeout=_TIMEOUT_S, **more)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ServiceDown("The sign-in server", self.issuer, str(error), "Sign in by name") from error
        if not isinstance(found, dict):
            raise DataError(f"{url}: Expected a JSON object, was another")
        return found


def _is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change it."""
    told = urlsplit(url)
    return bool(told.hostname) and (
        told.scheme == "https"
        or (told.scheme == "http" and told.hostname in ("127.0.0.1", "localhost", "::1"))
    )


def _expected_issuer(url: str) -> str:
    if not _is_safe(url):
        raise SetupError(f"TICKLAKE_PAGES_OIDC_ISSUER: Expected an https address, was {url!r}")
    return url.rstrip("/")
