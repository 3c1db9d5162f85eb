"""The lake's ledger, signed and witnessed by this home's keys, and its heads that are known elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.admission import gate_record
from ticklake_assets.modeling.deployed.manifest import LedgerState
from ticklake_assets.modeling.deployed.signing import read_signed
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.storage.models.looks import Count
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.signed_chain import Head
from ticklake_assets.storage.models.trial_ledger import TrialLedger

if TYPE_CHECKING:  # who only reads a judgement need not wait for Dagster
    from ticklake_assets.resources.lake import Lake
    from ticklake_assets.resources.signing import Signing


def open_ledger(lake: Lake, signing: Signing) -> TrialLedger:
    return TrialLedger(lake.store, signing.private, signing.witness)


def ledger_state(ledger: TrialLedger, count: Count) -> LedgerState:
    """The ledger as a judgement found it."""
    head = ledger.head()
    return LedgerState(
        since=ledger.since(),
        entries=head.entries,
        sha256=head.sha256,
        here=count.here,
        elsewhere=count.elsewhere,
    )


def head_of(state: LedgerState) -> Head:
    return Head(state.entries, state.sha256)


def expect_judged_heads(ledger: TrialLedger, lake: Lake, signing: Signing, symbol: str) -> None:
    """ImmutabilityError where a signed judgement of the symbol knows of this history what is not in it any more.

    A tail that was cut breaks no link, and the witness beside the keys may be gone. A judgement by a history that began
    at another time says nothing of this one: a ledger that was wiped whole is a new history, which says since when.
    """
    since = ledger.since()
    for where, state in _judged_states(lake, signing, f"{symbol}/"):
        if state is not None and state.since == since:
            ledger.expect(head_of(state), where)


def known_heads(
    lake: Lake, signing: Signing, registry: ModelRegistry | None
) -> Iterator[tuple[str, Head | None]]:
    """Heads that were written down: by gate records of what traded, judgements, and runs of MLflow.

    `registry` is None where there is no MLflow yet. A head is None of a record that names none, or can't be read any
    more: one of before the ledger was a chain.
    """
    key = signing.public
    for stored in lake.store.list("models/deployed/"):
        state = _state(lambda data: gate_record(data, key).ledger, lake.store.get(stored.key))
        yield stored.key, head_of(state) if state else None
    for where, state in _judged_states(lake, signing):
        yield where, head_of(state) if state else None
    for run, head in (registry.ledger_heads(lake.url) if registry else {}).items():
        yield f"MLflow's run {run}", Head(*head)


def _judged_states(lake: Lake, signing: Signing, below: str = "") -> Iterator[tuple[str, LedgerState | None]]:
    """By signed judgement the ledger as it was found; those of one symbol where its folder is asked for."""
    key = signing.public
    for stored in lake.store.list(f"models/judged/{below}"):
        judged = lake.store.get(stored.key)
        yield (
            stored.key,
            _state(lambda data: read_signed(WalkForwardReport, data, "judgement", key).ledger, judged),
        )


def _state(state_in: Callable[[bytes], LedgerState | None], data: bytes) -> LedgerState | None:
    try:
        return state_in(data)
    except BundleError:
        return None
