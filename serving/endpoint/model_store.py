"""The models that are loaded, one live and one shadow a symbol, and their files."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ticklake_assets.core.errors import BundleError, TicklakeError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.admission import Deployment, open_deployment
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.deployed.signing import public_key

Mode = Literal["live", "shadow"]
_MODES: tuple[Mode, Mode] = ("live", "shadow")
_LOG = logging.getLogger("ticklake.endpoint")


@dataclass(frozen=True)
class Model:
    """A verified deployment, loaded and warm. Only a live one's signals may be traded."""

    deployment: Deployment
    scorer: Scorer

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

    @classmethod
    def load(cls, data: bytes, keys_dir: Path) -> Model:
        """Verify signature, kernel, features, order rules and gates; score once: first calls are slow."""
        deployment = open_deployment(data, public_key(keys_dir))
        scorer = deployment.bundle.scorer()
        scorer.score(np.zeros(len(FEATURES)))
        return cls(deployment, scorer)

    def as_dict(self) -> dict[str, Any]:
        manifest = self.deployment.bundle.manifest
        return {
            "digest": self.digest,
            "symbol": self.symbol,
            "mode": self.mode,
            "as_of": self.as_of.isoformat(),
            "verdict": self.deployment.record.report.verdict,
            "dataset": manifest.dataset,
        }


class ModelStore:
    """Swapping a model is one assignment: an event sees the old one or the new one, never none."""

    def __init__(self, folder: Path, keys_dir: Path) -> None:
        self._folder = folder
        self._keys_dir = keys_dir
        self._models: dict[str, tuple[Model, ...]] = {}
        self._pushing = threading.Lock()
        for path in sorted(folder.glob("*/*.zip")):
            self._reload(path)

    def of(self, symbol: str) -> tuple[Model, ...]:
        """Models of a symbol, the live one first."""
        return self._models.get(symbol, ())

    def all(self) -> Iterator[Model]:
        for _, models in sorted(self._models.items()):
            yield from models

    def push(self, data: bytes, *, replace_newer: bool = False) -> Model:
        """Verify, keep on disk and take into service; when it is refused, what was there stays.

        Pushes that come at once take turns, so that disk and memory agree on the last one. A bundle has one
        mode, so the other mode's place is cleared when it held the same bundle.

        Raises:
            BundleError: it does not verify, or would put an older model in the place of a newer live one, which
                only `replace_newer` may.
        """
        model = Model.load(data, self._keys_dir)
        with self._pushing:
            if not replace_newer:
                self._refuse_older(model)
            folder = self._folder / model.symbol
            replace_file(folder / f"{model.mode}.zip", data)
            for other in self.of(model.symbol):
                if other.digest == model.digest and other.mode != model.mode:
                    (folder / f"{other.mode}.zip").unlink()
            self._take(model)
        return model

    def _refuse_older(self, model: Model) -> None:
        """A backfill of old folds must not push today's live model out; shadows are not traded and may."""
        for live in self.of(model.symbol):
            if live.mode == model.mode == "live" and model.as_of < live.as_of:
                raise BundleError(
                    f"Bundle {model.digest} of {model.symbol} is older than the live one, {live.digest}. "
                    f"Expected an as_of of {live.as_of} or later, was {model.as_of}"
                )

    def _take(self, model: Model) -> None:
        kept = [m for m in self.of(model.symbol) if m.mode != model.mode and m.digest != model.digest]
        self._models[model.symbol] = tuple(sorted([*kept, model], key=lambda each: _MODES.index(each.mode)))

    def _reload(self, path: Path) -> None:
        try:
            self._take(Model.load(path.read_bytes(), self._keys_dir))
        except TicklakeError as error:
            _LOG.warning("%s is out of service: %s", path, error)
