"""Sign-in by another server: OpenID Connect's code flow with PKCE (RFC 7636), checked as its Core 3.1.3.7 says."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from serving.pipeline.access.roles import ROLES, Person, Role
from serving.pipeline.answers import ServiceDown
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.settings import Settings

_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Never `none`, and never a shared secret's."""
_TIMEOUT_S = 10.0
_UNDER_WAY_S = 600.0
_MOST_UNDER_WAY = 1000
_SKEW_S = 60


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
            settings.pages_oidc_issuer.rstrip("/"),
            settings.pages_oidc_client_id,
            settings.pages_oidc_client_secret.get_secret_value(),
            f"{settings.pages_url.rstrip('/')}/enter/oidc/back",
            settings.pages_oidc_claim,
            _roles(settings.pages_oidc_roles),
        )

    def leave(self, back: str) -> tuple[str, str]:
        """The other server's address, and the state that the same browser has to bring back."""
        now = time.time()
        while self._under_way and (
            len(self._under_way) >= _MOST_UNDER_WAY
            or now - next(iter(self._under_way.values())).began > _UNDER_WAY_S
        ):
            self._under_way.pop(next(iter(self._under_way)))
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
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
        return f"{self._discovered()['authorization_endpoint']}?{urlencode(asked)}", state

    def arrive(self, code: str, state: str) -> tuple[Person, str]:
        """The person, and where they wanted to go; DataError for an answer that is none, or a person without a role."""
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
        claims = self._claims(str(tokens.get("id_token", "")), begun.nonce, found["jwks_uri"])
        return self._person(claims), begun.back

    def _claims(self, token: str, nonce: str, keys_at: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(self._call("GET", keys_at))  # type: ignore[arg-type]  # its shape is checked there
        rules = jwt.JWTClaimsRegistry(
            leeway=_SKEW_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=_SIGNED_BY).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise DataError(
                f"{self.issuer}: Expected a token for these pages, was another ({error})"
            ) from None
        return claims

    def _person(self, claims: dict[str, Any]) -> Person:
        name = str(claims.get("email") or claims.get("preferred_username") or claims["sub"])[:64]
        said = claims.get(self.claim, [])
        values = (
            [said]
            if isinstance(said, str)
            else [str(each) for each in said]
            if isinstance(said, list)
            else []
        )
        roles = {role for value in values for role in self.roles.get(value, ())}
        if not roles:
            raise DataError(
                f"{name}: Expected one of {', '.join(self.roles)} in the claim {self.claim!r}, was "
                f"{', '.join(values) or 'none'}. TICKLAKE_PAGES_OIDC_ROLES says what each may do"
            )
        return Person(f"{name} (OIDC)", frozenset(roles | {"see"}))

    def _discovered(self) -> dict[str, Any]:
        found = self._call("GET", f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise DataError(f"Expected the issuer {self.issuer}, was {found.get('issuer')!r}")
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


def _roles(text: str) -> dict[str, tuple[Role, ...]]:
    """`traders=see+trade,quants=see+research`."""
    found: dict[str, tuple[Role, ...]] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        value, _, words = each.partition("=")
        roles = tuple(role for role in ROLES if role in words.split("+"))
        if not value or len(roles) != len(set(words.split("+"))):
            raise SetupError(
                f"TICKLAKE_PAGES_OIDC_ROLES: Expected VALUE=ROLE+ROLE with roles of {', '.join(ROLES)}, was {each!r}"
            )
        found[value] = roles
    return found
