from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI, Request

from serving.pipeline.access.door import COOKIE
from serving.pipeline.access.people import People
from serving.pipeline.access.roles import Person
from serving.pipeline.access.sessions import LOCAL
from serving.pipeline.access.streams import while_signed_in
from ticklake_assets.settings import Settings


@pytest.mark.parametrize("change", ["none", "sign out", "roles", "remove"])
def test_a_stream_ends_with_its_session(app: FastAPI, settings: Settings, change: str) -> None:
    people, sessions = People(settings.pages_home), app.state.access.sessions
    people.add("anna", "a long password of hers", ["see"])
    number = sessions.begin(Person("anna", frozenset({"see"})), LOCAL)
    cookie = (b"cookie", f"{COOKIE}={number}".encode())
    request = Request({"type": "http", "scheme": "http", "app": app, "headers": [cookie], "state": {}})
    request.state.person = Person("anna", frozenset({"see"}))
    closed = []

    async def frames() -> AsyncGenerator[bytes]:
        try:
            for at in range(6):
                if at == 3 and change == "sign out":
                    sessions.end(number)
                if at == 3 and change == "roles":
                    people.set_roles("anna", ["trade"])
                if at == 3 and change == "remove":
                    people.remove("anna")
                yield b"%d" % at
        finally:
            closed.append(True)

    async def seen() -> bytes:
        return b"".join([each async for each in while_signed_in(request, frames(), every_s=0)])

    assert asyncio.run(seen()) == (b"012345" if change == "none" else b"012")
    assert closed == [True]
