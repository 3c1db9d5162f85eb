"""The Ed25519 key pair that signs bundles, gate records, judged files and the trial ledger."""

from __future__ import annotations

import re
from contextlib import suppress
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
from ticklake_assets.files import create_file
from ticklake_assets.modeling.deployed.document import AnyDocument, Document, read_document

_PRIVATE, _PUBLIC = "signing.key", "signing.pub"
_SIGNED = re.compile(rb'\{"signature":"([0-9a-f]{128})","signed":(.*)\}', re.DOTALL)


def signing_key(keys_dir: Path) -> Ed25519PrivateKey:
    """Read the private key, creating the pair (mode 0600) on first use; its bytes never reach a log."""
    path = keys_dir / _PRIVATE
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        _write_once(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupError(f"{path} does not sign bundles. Expected an Ed25519 key, was {type(key).__name__}")
    if not (keys_dir / _PUBLIC).exists():
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write_once(keys_dir / _PUBLIC, public)
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


def signed_document(document: Document, key: Ed25519PrivateKey) -> bytes:
    """A document with its signature as one JSON file: `{"signature": "...", "signed": {...}}`."""
    text = document.canonical()
    return b'{"signature":"%s","signed":%s}' % (key.sign(text).hex().encode(), text)


def read_signed(kind: type[AnyDocument], data: bytes, what: str, key: Ed25519PublicKey) -> AnyDocument:
    """What `signed_document` wrote; BundleError unless the key signed exactly these bytes."""
    found = _SIGNED.fullmatch(data)
    if found is None:
        raise BundleError(
            f"The {what} is not signed. Expected a signature beside what is signed, was {data[:40]!r}: make it again"
        )
    verify(key, bytes.fromhex(found[1].decode()), found[2], what)
    return read_document(kind, found[2], what)


def _write_once(path: Path, data: bytes) -> None:
    """Of two first users one wins, and nobody reads half a key."""
    with suppress(FileExistsError):
        create_file(path, data, private=True)
