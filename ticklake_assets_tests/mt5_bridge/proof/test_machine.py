"""Whatever may happen to a bridge at a broker, in any order: hypothesis looks for what the auditor cannot explain."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mt5_bridge.simulated.faults import Faults
from ticklake_assets_tests.mt5_bridge.proof.faulty_day import (
    QUIET,
    Hands,
    Killed,
    Life,
    Process,
    World,
    audited,
    close_by_hand,
    make_world,
    signal_at,
)

_ANSWERS = ["lost", "unanswered", "broken", "broken after", "refused"]


class _Faulty(Hands):
    """The next `order_send` does what is said here."""

    def __init__(self) -> None:
        self.next: str | None = None

    def mt5(self, mt5: Any) -> Any:
        return _Sending(mt5, self)


class _Sending:
    def __init__(self, mt5: Any, faults: _Faulty) -> None:
        self._mt5, self._faults = mt5, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mt5, name)

    def order_send(self, request: dict[str, Any]) -> Any:
        fault, self._faults.next = self._faults.next, None
        if fault == "broken":
            raise ConnectionResetError("before it left")
        if fault == "refused":
            request = {**request, "volume": 1e9}
        answer = None if fault == "lost" else self._mt5.order_send(request)
        if fault == "broken after":
            raise ConnectionResetError("after it arrived")
        return None if fault == "unanswered" else answer


class BridgeAtABroker(RuleBasedStateMachine):
    """A bridge, a market and a person; whatever they do, at the end every order is explained."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="bridge-"))
        self.hands = _Faulty()
        self.process: Process | None = None

    @initialize(seed=st.integers(0, 50))
    def a_quiet_day(self, seed: int) -> None:
        self.world: World = make_world(self.folder, seed)
        self.world.signals = {}
        self.world.reopen(Faults())
        self.world.server.step()
        self._start(Life(None))

    @rule(count=st.integers(1, 12))
    def quotes_come(self, count: int) -> None:
        for _ in range(count):
            if self.world.shown < len(self.world.quotes) - QUIET:
                self._turn()

    @rule()
    def a_signal_comes(self) -> None:
        at = self.world.shown
        if at < len(self.world.quotes) - QUIET:
            signal = signal_at(self.world.random, self.world.quotes[at])
            self.world.signals = {**self.world.signals, at: signal}
            self._turn()

    @rule(answer=st.sampled_from(_ANSWERS))
    def the_next_request_goes_wrong(self, answer: str) -> None:
        self.hands.next = answer

    @rule()
    def a_person_closes_the_position(self) -> None:
        close_by_hand(self.world)

    @rule(steps=st.integers(0, 40))
    def the_bridge_will_die(self, steps: int) -> None:
        self._start(Life(steps))

    @rule()
    def the_broker_starts_anew(self) -> None:
        self._stop()
        self.world.reopen(Faults())
        self._start(Life(None))

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.hands.next = None
        self._start(Life(None))
        for _ in range(QUIET):
            self._turn()
        assert self.process is not None
        self.process.end()
        self._stop()
        self.world.server.close()
        found = audited(self.folder)
        shutil.rmtree(self.folder)
        assert found.faults == []

    def _turn(self) -> None:
        """One quote, and what the bridge does; a dead one is started again."""
        assert self.process is not None
        try:
            self.process.clock.sleep(1)
            self.process.turn()
        except Killed:
            self._start(Life(None))

    def _start(self, life: Life) -> None:
        self._stop()
        try:
            self.process = Process(self.world, life, self.hands)
        except Killed:
            self.process = Process(self.world, Life(None), self.hands)

    def _stop(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None


TestBridgeAtABroker = BridgeAtABroker.TestCase
TestBridgeAtABroker.settings = settings(max_examples=10, stateful_step_count=25, deadline=None)
