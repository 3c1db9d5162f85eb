"""Large files over HTTP: a broken download goes on where it stopped, in this run or the next."""

from __future__ import annotations

import ssl
from hashlib import file_digest
from pathlib import Path

import httpx

from stack.interruption import interrupted
from ticklake_assets.core.errors import SetupError

ATTEMPTS = 5
"""In a row that bring nothing; one that brings a part begins a new row."""
_SILENCE_S = 30.0


def download(url: str, file: Path, sha256: str, attempts: int = ATTEMPTS) -> None:
    """Bring the file; what has come lies in FILE.part until it is whole and has this sha256.

    The machine's own certificates and the proxy variables of the environment are used. Raises SetupError when the
    server refuses, stays away, or has other bytes; those are thrown away.
    """
    part = part_of(file)
    part.parent.mkdir(parents=True, exist_ok=True)
    with httpx.Client(
        verify=ssl.create_default_context(), follow_redirects=True, timeout=_SILENCE_S
    ) as client:
        fruitless = 0
        while problem := _go_on(client, url, part, had := _size(part)):
            fruitless = 0 if _size(part) > had else fruitless + 1
            if fruitless == attempts:
                raise SetupError(f"{url}. Expected {attempts} tries to bring something, was {problem}")
            if interrupted.wait(fruitless):
                raise SetupError(f"{url}: interrupted; what has come stays")
    found = sha256_of(part)
    if found != sha256:
        part.unlink(missing_ok=True)
        raise SetupError(f"{url} has other bytes. Expected sha256 {sha256}, was {found}")
    part.replace(file)


def part_of(file: Path) -> Path:
    """Where a download of this file lies until it is whole."""
    return file.with_name(f"{file.name}.part")


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _go_on(client: httpx.Client, url: str, part: Path, had: int) -> str:
    """Append what is missing; return what broke it off, if anything did."""
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    try:
        with client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return ""  # nothing is missing
            if answer.is_server_error:
                return f"{answer.status_code} {answer.reason_phrase}"
            if not answer.is_success:
                raise SetupError(f"{url}. Expected the file, was {answer.status_code} {answer.reason_phrase}")
            is_rest = answer.headers.get("Content-Range", "").startswith(f"bytes {had}-")
            with part.open("ab" if is_rest else "wb") as file:
                for chunk in answer.iter_raw():  # as it comes: what is gathered first would be lost
                    file.write(chunk)
                    if interrupted.is_set():
                        return "an interruption"
    except httpx.TransportError as error:
        return f"{type(error).__name__} {error}".strip()
    return ""


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
