"""The live endpoint by its own HTTP interface, with the owner's token of HOME/keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from serving.pipeline.answers import ServiceDown
from ticklake_assets.core.errors import DataError, MissingDataError, SetupError, TicklakeError
from ticklake_assets.credentials import hidden
from ticklake_assets.settings import Settings

SERVICE = "The live endpoint"
_TIMEOUT = httpx.Timeout(3.0, connect=0.5)
"""A page waits for it: an endpoint that is there answers within milliseconds."""


@dataclass(frozen=True)
class EndpointSource:
    """An endpoint by its address and where its token lies; each call is one of its own.

    Raises:
        ServiceDown: nobody answers, or something else than an endpoint does.
        SetupError: there is no token, or the endpoint does not take it.
        MissingDataError, DataError: what the endpoint says of a symbol or a value that it does not know.
    """

    url: str
    token_file: Path
    start: str = "Expected a running one: `ticklake endpoint`"
    """The next step where it is down."""

    @classmethod
    def of(cls, settings: Settings) -> EndpointSource:
        return cls(settings.endpoint_url.rstrip("/"), settings.keys_dir / "endpoint.token")

    def models(self) -> list[dict[str, Any]]:
        """The models in service, each symbol's live one first."""
        found: list[dict[str, Any]] = self.get("/v1/models")
        return found

    def modes(self) -> dict[str, str]:
        """What it does with each bundle in service: `live` or `shadow`, by digest."""
        return {model["digest"]: model["mode"] for model in self.models()}

    def in_service(self, symbol: str) -> dict[str, Any]:
        """Champion, shadows and the champions of before."""
        found: dict[str, Any] = self.get(f"/v1/models/{quote(symbol)}")
        return found

    def watch(self, symbol: str) -> dict[str, Any] | None:
        """How the newest day goes; None where none was streamed since the endpoint started."""
        try:
            found: dict[str, Any] = self.get(f"/v1/watch/{quote(symbol)}")
        except MissingDataError:
            return None
        return found

    def breaker(self, symbol: str) -> dict[str, Any]:
        """Whether it is open, why and since when."""
        found: dict[str, Any] = self.get(f"/v1/breakers/{quote(symbol)}")
        return found

    def stats(self) -> dict[str, Any]:
        """What was counted since the start, and how long messages took."""
        found: dict[str, Any] = self.get("/v1/stats")
        return found

    def by_hand(self, symbol: str, action: Literal["open", "close"], reason: str) -> dict[str, Any]:
        """Open or close a symbol's breaker; the endpoint keeps the reason."""
        asked = {"action": action, "reason": reason}
        found: dict[str, Any] = self._answer("POST", f"/v1/breakers/{quote(symbol)}", json=asked)
        return found

    def get(self, path: str) -> Any:
        """The JSON that it answers."""
        return self._answer("GET", path)

    def headers(self) -> dict[str, str]:
        """What a call shows; the token is read anew, as it may be rotated."""
        if not self.token_file.is_file():
            raise SetupError(f"No token {self.token_file}: start the endpoint once with `ticklake endpoint`")
        return {"Authorization": f"Bearer {self.token_file.read_text(encoding='ascii').strip()}"}

    def down(self, error: Exception) -> ServiceDown:
        """What a call that failed says to a person."""
        return ServiceDown(SERVICE, hidden(self.url), str(error) or type(error).__name__, self.start)

    def _answer(self, method: str, path: str, **told: Any) -> Any:
        headers = self.headers()
        try:
            # No proxy of the environment sees the token.
            with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
                answer = client.request(method, self.url + path, headers=headers, **told)
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self.down(error) from error
        if not answer.is_success:
            raise self.refused(answer.status_code, answer.content)
        return body

    def refused(self, status: int, body: bytes) -> TicklakeError:
        """The error that a status stands for, with the endpoint's own words."""
        try:
            said = str(json.loads(body)["error"])
        except (ValueError, KeyError, TypeError):  # no endpoint answers so
            return self.down(ValueError(f"HTTP {status} with another answer than an endpoint's"))
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return SetupError(
                f"{SERVICE} at {hidden(self.url)} does not take the token of {self.token_file} ({said}). Expected an "
                "endpoint of this home: compare TICKLAKE_HOME and TICKLAKE_ENDPOINT_URL"
            )
        if status == httpx.codes.NOT_FOUND:
            return MissingDataError(said)
        if status < httpx.codes.INTERNAL_SERVER_ERROR:
            return DataError(said)
        return ServiceDown(SERVICE, hidden(self.url), f"HTTP {status}: {said}", self.start)
