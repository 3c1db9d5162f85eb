"""The models that are loaded, a champion and its shadows a symbol, and their files.

    store = ModelStore(folder, keys_dir)
    store.push(deployment)          # verified, warm, its golden ticks replayed; then one assignment
    store.of("EURUSD")              # champion first, then shadows, the oldest first
    store.rollback("EURUSD")

On disk a symbol's folder holds its deployments, named by their sha256, and `service.json`, which says which is what.
That one file is replaced at once, so that a crash leaves the state of before or of after.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from serving.endpoint.group import Group
from serving.endpoint.models.in_service import InService, Placed
from serving.endpoint.models.model import EXPIRES_DAYS, Model, step
from ticklake_assets.core.errors import BundleError, MissingDataError, TicklakeError
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.document import read_document

MOST_SHADOWS = 8
"""Each costs some 30 us an event."""
_STATE = "service.json"
_LOG = logging.getLogger("ticklake.endpoint")


class ModelStore:
    """Swapping a model is one assignment between two ticks: an event sees the old ones or the new ones, never none."""

    def __init__(
        self,
        folder: Path,
        keys_dir: Path,
        *,
        expires_days: int = EXPIRES_DAYS,
        most_shadows: int = MOST_SHADOWS,
        group: Group = Group(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = folder
        self._keys_dir = keys_dir
        self._expires_days = expires_days
        self._most_shadows = most_shadows
        self._clock = clock
        self._group = group
        self._models: dict[str, tuple[Model, ...]] = {}
        self._states: dict[str, InService] = {}
        self._changing = threading.Lock()
        for path in sorted(folder.glob("*/")):
            if path.name in group:
                self._reload(path)

    def of(self, symbol: str) -> tuple[Model, ...]:
        """Models of a symbol, the champion first."""
        return self._models.get(symbol, ())

    def all(self) -> Iterator[Model]:
        for _, models in sorted(self._models.items()):
            yield from models

    def state(self, symbol: str) -> InService:
        """Who is in service, and was."""
        return self._states.get(symbol, InService())

    def push(self, data: bytes, *, replace_newer: bool = False) -> Model:
        """Verify, keep on disk and take into service; when it is refused, what was there stays.

        Pushes that come at once take turns, so that disk and memory agree on the last one.

        Raises:
            BundleError: a step failed, or it would put an older model in the place of a newer champion, which only
                `replace_newer` may.
            SetupError: the disk refuses it.
        """
        model = self._load(data)
        if model.symbol not in self._group:
            raise BundleError(
                f"Step 'verify' failed, nothing has changed. {self._group.refusal(model.symbol)}"
            )
        placed = Placed(digest=model.digest, file=sha256(data).hexdigest(), since=self._clock())
        with self._changing:
            state = self.state(model.symbol)
            if model.mode == "live":
                if not replace_newer:
                    self._refuse_older(model)
                state = state.crowned(placed, "push")
            else:
                state = state.shadowed(placed, self._most_shadows)
            self._commit(model.symbol, state, model, data)
        return model

    def rollback(self, symbol: str) -> Model:
        """Let the champion of before trade again, verified anew as a push is.

        Raises:
            MissingDataError: there is none. BundleError, SetupError: a step failed.
        """
        with self._changing:
            state = self.state(symbol)
            if not state.before:
                raise MissingDataError(
                    f"{symbol} has no champion of before. Expected one to go back to, was none"
                )
            earlier = state.before[-1]
            with step("read"):
                data = (self._folder / symbol / f"{earlier.file}.zip").read_bytes()
            model = self._load(data)
            with step("verify"):
                if model.digest != earlier.digest or model.mode != "live":
                    raise BundleError(
                        f"The file of {earlier.digest} holds another deployment. Expected that champion, was "
                        f"{model.digest}"
                    )
            placed = earlier.model_copy(update={"since": self._clock()})
            self._commit(symbol, state.crowned(placed, "rollback"), model)
        return model

    def withdraw(self, symbol: str, digest: str) -> None:
        """Take a shadow out of service; DataError for the champion, MissingDataError where it is none of them."""
        with self._changing:
            self._commit(symbol, self.state(symbol).without(digest))

    def _load(self, data: bytes) -> Model:
        return Model.load(data, self._keys_dir, self._expires_days)

    def _refuse_older(self, model: Model) -> None:
        """A backfill of old folds must not push today's champion out; shadows are not traded and may."""
        for live in self.of(model.symbol):
            if live.mode == "live" and model.as_of < live.as_of:
                raise BundleError(
                    f"Bundle {model.digest} of {model.symbol} is older than the live one, {live.digest}. "
                    f"Expected an as_of of {live.as_of} or later, was {model.as_of}"
                )

    def _commit(
        self, symbol: str, state: InService, model: Model | None = None, data: bytes | None = None
    ) -> None:
        """Disk first, memory then; a file that nothing names any more goes last."""
        folder = self._folder / symbol
        with step("keep on disk"):
            if data is not None:
                replace_file(folder / f"{sha256(data).hexdigest()}.zip", data)
            replace_file(folder / _STATE, state.canonical())
        loaded = {each.digest: each for each in self.of(symbol)}
        if model is not None:
            loaded[model.digest] = model
        self._states[symbol] = state
        self._models[symbol] = _in_order(state, loaded)
        for path in folder.glob("*.zip"):
            if path.stem not in state.files():
                with suppress(OSError):  # it is in nobody's way
                    path.unlink()

    def _reload(self, folder: Path) -> None:
        try:
            state = read_document(InService, (folder / _STATE).read_bytes(), f"{folder.name}/{_STATE}")
        except (OSError, TicklakeError) as error:
            _LOG.warning("The models of %s are out of service, push them again: %s", folder.name, error)
            return
        loaded = {}
        for placed in (state.champion, *state.shadows):
            if placed is not None:
                path = folder / f"{placed.file}.zip"
                try:
                    loaded[placed.digest] = self._load(path.read_bytes())
                except (OSError, TicklakeError) as error:
                    _LOG.warning("%s is out of service: %s", path, error)
        self._states[folder.name] = state
        self._models[folder.name] = _in_order(state, loaded)


def _in_order(state: InService, loaded: dict[str, Model]) -> tuple[Model, ...]:
    placed = [each.digest for each in (state.champion, *state.shadows) if each]
    return tuple(loaded[digest] for digest in placed if digest in loaded)
