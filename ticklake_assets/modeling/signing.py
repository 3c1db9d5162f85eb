"""The Ed25519 key pair that signs bundles and gate records."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ticklake_assets.core.errors import BundleError, SetupError

_PRIVATE, _PUBLIC = "signing.key", "signing.pub"


def signing_key(keys_dir: Path) -> Ed25519PrivateKey:
    """Read the private key, creating the pair (mode 0600) on first use; its bytes never reach a log."""
    path = keys_dir / _PRIVATE
    if not path.exists():
        _create_pair(keys_dir)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupError(f"{path} does not sign bundles. Expected an Ed25519 key, was {type(key).__name__}")
    return key


def public_key(keys_dir: Path) -> Ed25519PublicKey:
    """Read the key that verifies; the endpoint needs only this file."""
    path = keys_dir / _PUBLIC
    if not path.exists():
        raise SetupError(f"No public key, so no bundle can be verified. Expected a file {path}, was absent")
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise SetupError(f"{path} does not verify bundles. Expected an Ed25519 key, was {type(key).__name__}")
    return key


def verify(key: Ed25519PublicKey, signature: bytes, data: bytes, what: str) -> None:
    """Refuse `data` unless `signature` was made over exactly these bytes by the key's owner."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        raise BundleError(
            f"The signature of the {what} does not fit. "
            f"Expected one by the key in {_PUBLIC} over these bytes, was another"
        ) from None


def _create_pair(keys_dir: Path) -> None:
    """Write both files with exclusive creation: of two first users one wins and both read its key."""
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        _write_private(keys_dir / _PRIVATE, private)
    except FileExistsError:
        return
    _write_private(keys_dir / _PUBLIC, public)


def _write_private(path: Path, data: bytes) -> None:
    """Link a complete file into place, so that nobody reads half a key."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    try:
        os.link(partial, path)
    finally:
        partial.unlink()
