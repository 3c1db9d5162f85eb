"""The key pair that signs bundles."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ticklake_assets.modeling.deployed.signing import public_key, signing_key
from ticklake_assets.settings import Settings


class Signing(dg.ConfigurableResource[None]):
    """Ed25519 keys in a folder of mode 0700, created on first use."""

    keys_dir: str

    @classmethod
    def from_settings(cls, settings: Settings) -> Signing:
        return cls(keys_dir=str(settings.keys_dir))

    @property
    def private(self) -> Ed25519PrivateKey:
        return signing_key(Path(self.keys_dir))

    @property
    def witness(self) -> Path:
        """The longest head of each ledger that this machine wrote to: beside the keys, not in the lake."""
        return Path(self.keys_dir) / "ledger_heads.json"

    @property
    def public(self) -> Ed25519PublicKey:
        return public_key(Path(self.keys_dir))
