"""A model in service, and every step by which it gets there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.admission import Deployment, open_deployment
from ticklake_assets.modeling.deployed.golden import Decider
from ticklake_assets.modeling.deployed.reference import Reference
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.deployed.signing import public_key

Mode = Literal["live", "shadow"]
STALE_MODEL = "stale_model"
"""Abstention: the model is older than it may be."""
EXPIRES_DAYS = 45
"""After the last test day. A bundle is tested for ten days and then has a successor: this one missed four of them."""


@dataclass(frozen=True)
class Model:
    """A verified deployment, loaded and warm. Only a live one's signals may be traded."""

    deployment: Deployment
    scorer: Scorer
    reference: Reference
    expires_us: int
    """Tick time from which on it abstains, epoch microseconds UTC."""

    @property
    def digest(self) -> str:
        return self.deployment.bundle.digest

    @property
    def symbol(self) -> str:
        return self.deployment.bundle.manifest.symbol

    @property
    def as_of(self) -> date:
        return self.deployment.bundle.manifest.as_of

    @property
    def mode(self) -> Mode:
        return "live" if self.deployment.tradable else "shadow"

    def stale(self, now_us: int) -> bool:
        """Whether it is too old at a tick's own time: a replay of old days is judged as those days were."""
        return now_us >= self.expires_us

    @classmethod
    def load(cls, data: bytes, keys_dir: Path, expires_days: int = EXPIRES_DAYS) -> Model:
        """Verify, load, warm up, and replay the golden ticks; the error of a failing step says which it was."""
        with step("verify"):
            deployment = open_deployment(data, public_key(keys_dir))
        bundle = deployment.bundle
        with step("load"):
            scorer, reference, golden = bundle.scorer(), bundle.reference, bundle.golden
        with step("warm up"):
            scorer.score(np.zeros(len(FEATURES)))
        with step("golden ticks"):
            golden.expect(Decider(scorer, bundle.thresholds, bundle.instrument))
        expires = SymbolDay(
            bundle.manifest.symbol, bundle.manifest.windows.test.last + timedelta(expires_days + 1)
        )
        return cls(deployment, scorer, reference, expires.start_us)

    def as_dict(self) -> dict[str, Any]:
        manifest = self.deployment.bundle.manifest
        return {
            "digest": self.digest,
            "symbol": self.symbol,
            "mode": self.mode,
            "as_of": self.as_of.isoformat(),
            "verdict": self.deployment.record.report.verdict,
            "dataset": manifest.dataset,
            "expires": datetime.fromtimestamp(self.expires_us / 1e6, UTC).isoformat(),
            "costs": manifest.order.costs,
        }


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say of what fails inside which step it was, and that it changed nothing."""
    try:
        yield
    except TicklakeError as error:
        raise type(error)(f"Step '{name}' failed, nothing has changed. {error}") from error
    except OSError as error:
        raise SetupError(
            f"Step '{name}' failed, nothing has changed. {error.filename}: {error.strerror}. Expected room"
        ) from error
