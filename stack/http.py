"""Whether a server on this machine answers."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx


def answers(url: str, containing: str = "", trusting: ssl.SSLContext | None = None) -> bool:
    """Whether a GET succeeds and its text holds `containing`. No proxy of the environment is asked.

    `trusting` is whom to trust, and the certificate to show, where the server wants one.
    """
    try:
        answer = httpx.get(url, timeout=2, trust_env=False, verify=trusting or True)
    except httpx.TransportError:
        return False
    return answer.is_success and containing in answer.text


def trusting(certificate: Path, key: Path) -> ssl.SSLContext:
    """Trust whom this certificate names, and show it: how those who share one know each other."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.load_cert_chain(certificate, key)
    return context
