"""Ledgers for tests: one key pair for all, no witness unless the test gives one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS, TrialLedger
from ticklake_assets.storage.objects.opening import open_store


@cache
def ledger_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def ledger_in(folder: Path, most_openings: int = MOST_OPENINGS, witness: Path | None = None) -> TrialLedger:
    """The ledger of a lake that is a folder."""
    return TrialLedger(open_store(folder.as_uri()), ledger_key(), witness, most_openings=most_openings)
