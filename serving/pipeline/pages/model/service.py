"""What the endpoint does with each bundle."""

from __future__ import annotations

import httpx

from serving.pipeline.answers import ServiceDown
from ticklake_assets.credentials import hidden
from ticklake_assets.settings import Settings

_PATIENCE_S = 2.0
_NEXT = "Start it with `ticklake endpoint`, or `ticklake dev`"


def modes(settings: Settings) -> dict[str, str]:
    """`live` or `shadow` by digest; ServiceDown where the endpoint does not say."""
    where, token = hidden(settings.endpoint_url), settings.keys_dir / "endpoint.token"
    if not token.is_file():
        raise ServiceDown("The endpoint", where, f"its token {token} is not there yet", _NEXT)
    headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
    try:
        with httpx.Client(timeout=_PATIENCE_S, trust_env=False) as client:  # no proxy sees the token
            answer = client.get(f"{settings.endpoint_url}/v1/models", headers=headers)
        return {model["digest"]: model["mode"] for model in answer.raise_for_status().json()}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise ServiceDown("The endpoint", where, hidden(str(error)) or "silence", _NEXT) from error
