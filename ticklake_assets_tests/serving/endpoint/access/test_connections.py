"""Which connection goes, by the rules alone; real sockets are in test_protocols."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network

from serving.endpoint.access.connections import Connections
from serving.endpoint.access.limits import Limits

_LIMITS = Limits(connections=8, requests_s=1, head_s=1)


@dataclass(eq=False)
class _Caller:
    address: str = "a"
    is_stream: bool = False
    standing: tuple[bool, float] = (False, 0.0)
    token_sha256: str | None = None
    ended: list[str] = field(default_factory=list)

    def drop(self) -> None:
        self.ended.append("dropped")

    def expire(self, now: float) -> None:
        self.ended.append("looked at")

    def revoke(self) -> None:
        self.ended.append("revoked")


def _entered(*callers: _Caller, proxies: str = "", still: Callable[[str], bool] = bool) -> Connections:
    async def enter() -> Connections:
        register = Connections(_LIMITS, (ip_network(proxies),) if proxies else (), still)
        for caller in callers:
            register.enter(caller)
        await asyncio.sleep(0.6)
        return register

    return asyncio.run(enter())


def _dropped(callers: list[_Caller]) -> list[int]:
    return [number for number, caller in enumerate(callers) if "dropped" in caller.ended]


def test_the_longest_waiting_of_all_gives_way_and_work_only_after_it() -> None:
    busy = [_Caller(f"b{n}", standing=(True, float(n))) for n in range(6)]
    waiting = [_Caller(f"w{n}", standing=(False, 100.0 + n)) for n in range(4)]
    assert len(_entered(*busy, *waiting)) == 8
    assert (_dropped(busy), _dropped(waiting)) == ([], [0, 1])
    busy = [_Caller(f"b{n}", standing=(True, float(n))) for n in range(10)]
    assert len(_entered(*busy)) == 8
    assert _dropped(busy) == [0, 1]


def test_an_address_pushes_out_its_own_alone() -> None:
    others = [_Caller("other", standing=(False, 0.0)) for _ in range(3)]
    flood = [_Caller("flood", standing=(False, 1.0 + n)) for n in range(20)]
    assert len(_entered(*others, *flood)) == 7
    assert (_dropped(others), _dropped(flood)) == ([], list(range(16)))


def test_streams_stay_and_have_a_share() -> None:
    streams = [_Caller("a", is_stream=True), _Caller("a", is_stream=True)]
    flood = [_Caller("a", standing=(False, float(n))) for n in range(9)]
    register = _entered(*streams, *flood)
    assert (_dropped(streams), register.streams, len(register)) == ([], 2, 4)
    assert register.refuses_stream("a") == "Expected at most 2 streams of one address, were 2"
    assert register.refuses_stream("b") is None
    full = _entered(*(_Caller(f"{n}", is_stream=True) for n in range(4)))
    assert full.refuses_stream("b") == "The endpoint is full. Expected at most 4 streams, were 4"


def test_a_proxys_address_is_many_callers_and_no_other_may_connect() -> None:
    proxied = [_Caller("10.0.0.5", standing=(False, float(n))) for n in range(8)]
    here, stranger, none = _Caller("127.0.0.1"), _Caller("10.9.0.1"), _Caller("")
    register = _entered(*proxied, stranger, none, here, proxies="10.0.0.0/24")
    assert (_dropped(proxied), len(register)) == ([0], 8)
    assert [each.ended[:1] for each in (stranger, none)] == [["dropped"], ["dropped"]]
    assert "dropped" not in here.ended


def test_each_is_looked_at_and_those_whose_token_ended_are_revoked() -> None:
    callers = [_Caller(token_sha256=token) for token in ("valid", "ended", None)]
    _entered(*callers, still=lambda token: token == "valid")
    assert [each.ended for each in callers] == [["looked at"], ["looked at", "revoked"], ["looked at"]]
