"""An OpenID Connect server of the tests: real HTTP, real RS256, PKCE checked; what its token says is the test's."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "ticklake-pages"


@dataclass
class Provider:
    url: str = ""
    slash: str = ""
    """What its issuer ends in."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the token's claims; None leaves one out."""
    endpoints: dict[str, str] = field(default_factory=dict)
    """Of its discovery, in place of its own."""
    sign_with: RSAKey | None = None
    raw_token: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    """What the person's browser brought here."""

    def visit(self, there: str) -> tuple[str, str]:
        """Be the browser that was sent here; returns the code and the state that go back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        return "a-code", self.asked["state"]

    def discovery(self) -> dict[str, str]:
        found = {
            "issuer": self.url + self.slash,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return found | self.endpoints

    def token(self, form: dict[str, str]) -> dict[str, str]:
        challenge = (
            base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if (form["code"], challenge) != ("a-code", self.asked["code_challenge"]):
            return {"error": "invalid_grant"}
        claims = {
            "iss": self.url + self.slash, "aud": CLIENT, "sub": "u-1", "nonce": self.asked["nonce"],
            "exp": int(time.time()) + 300, "email": "anna@desk.example", "email_verified": True, "groups": ["desk"],
        } | self.changes  # fmt: skip
        told = {name: value for name, value in claims.items() if value is not None}
        token = self.raw_token or jwt.encode({"alg": "RS256", "kid": "one"}, told, self.sign_with or self.key)
        return {"id_token": token, "access_token": "unused"}


@contextmanager
def providing() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self._answer(provider.discovery())
            elif self.path == "/keys":
                self._answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, told: dict[str, Any]) -> None:
            data = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield provider
        server.shutdown()
